import { sanitise } from '../review/words.ts';
import { type ConnectionsDocument, portListText, shortNames } from './connections.ts';

/** Above this many edges nobody can read the picture, and namespaces stand for their workloads. */
const edgesMax = 60;

/** A graph for Graphviz: workloads in boxes of their namespaces, an edge for each connection. */
export function connectionsDot(document: ConnectionsDocument): string {
  const collapsed = document.connections.length > edgesMax;
  return [
    'digraph connections {',
    '  rankdir=LR;',
    '  node [shape=box];',
    ...(collapsed ? collapsedLines(document) : detailedLines(document)),
    '}',
  ].join('\n');
}

function detailedLines({ workloads, connections }: ConnectionsDocument): string[] {
  const name = shortNames(workloads.map(({ id }) => id));
  const boxes = new Map<string, string[]>();
  for (const { id } of workloads) boxes.set(placeOf(id), [...(boxes.get(placeOf(id)) ?? []), id]);
  const lines = [...boxes].flatMap(([namespace, ids], index) => [
    `  subgraph cluster_${index} {`,
    `    label=${quoted(namespace)};`,
    ...ids.map((id) => `    ${quoted(id)} [label=${quoted(name(id).slice(namespace.length + 1))}];`),
    '  }',
  ]);
  const outside = new Set(
    connections.flatMap(({ src, dst }) => [src, dst]).filter((id) => id.startsWith('ip:')),
  );
  for (const id of outside) lines.push(`  ${quoted(id)} [label=${quoted(name(id))}, shape=ellipse];`);
  for (const { src, dst, allow, allowSome } of connections) {
    const some = allowSome === undefined ? '' : `some pods: ${portListText(allowSome)}`;
    const label = [portListText(allow), some].filter((part) => part !== '').join('; ');
    lines.push(`  ${quoted(src)} -> ${quoted(dst)} [label=${quoted(label)}];`);
  }
  return lines;
}

function collapsedLines({ connections }: ConnectionsDocument): string[] {
  const counts = new Map<string, { readonly from: string; readonly to: string; count: number }>();
  for (const { src, dst } of connections) {
    const [from, to] = [placeOf(src), placeOf(dst)];
    const known = counts.get(`${from} ${to}`) ?? { from, to, count: 0 };
    known.count += 1;
    counts.set(`${from} ${to}`, known);
  }
  return [
    `  // ${connections.length} connections are too many for one picture: edges join namespaces and count them.`,
    ...[...counts.values()].map(
      ({ from, to, count }) => `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(String(count))}];`,
    ),
  ];
}

/** The namespace of an id; addresses outside are one place. */
function placeOf(id: string): string {
  return id.startsWith('ip:') ? 'internet' : (id.split('/', 1)[0] ?? id);
}

function quoted(text: string): string {
  return `"${sanitise(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
