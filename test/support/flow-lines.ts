/** Plays lines such as `shop/web -> ip:203.0.113.1 TCP/443 = allowed` against the engine. */
import { type FlowEnd, nodeEnd, podEnd, readFlow, verdictAt } from '../../src/impact/verdict.ts';
import type { Protocol } from '../../src/model/port.ts';
import { parseAddress } from '../../src/sets/addresses.ts';
import type { World } from '../../src/world/world.ts';

function endOf(world: World, text: string): FlowEnd {
  if (text.startsWith('node:')) return nodeEnd(world, text.slice('node:'.length));
  if (text.startsWith('ip:')) {
    const address = parseAddress(text.slice('ip:'.length));
    if (address === null) throw new Error(`no address: ${text}`);
    return { kind: 'address', address };
  }
  const [namespace = '', name = ''] = text.split('/');
  const end = podEnd(world, namespace, name);
  if (end === null) throw new Error(`no live pod ${text}`);
  return end;
}

export function trimmedLines(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

/** The same lines with what the engine says in place of what they expect. */
export function engineLines(world: World, lines: readonly string[]): string[] {
  return lines.map((line) => {
    const [, src = '', dst = '', protocol = '', port = ''] =
      /^(\S+) -> (\S+) (\w+)\/(\d+) = \w+$/.exec(line) ?? [];
    const flow = readFlow(world, endOf(world, src), endOf(world, dst));
    return `${src} -> ${dst} ${protocol}/${port} = ${verdictAt(flow, protocol as Protocol, Number(port)).verdict}`;
  });
}
