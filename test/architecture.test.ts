import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const source = join(process.cwd(), 'src');

/** Who may import whom: rooms, lowest first, and the packages that each may use beside node's own modules. */
const rooms: Record<string, { rooms: readonly string[]; packages: readonly string[] }> = {
  model: { rooms: [], packages: ['ipaddr.js'] },
  sets: { rooms: ['model'], packages: ['ipaddr.js'] },
  dialects: { rooms: ['model', 'sets'], packages: [] },
  world: { rooms: ['model', 'sets', 'dialects'], packages: [] },
  platform: { rooms: ['model', 'sets', 'world'], packages: [] },
  impact: { rooms: ['model', 'sets', 'world', 'platform'], packages: [] },
  rules: { rooms: ['model', 'sets', 'world', 'platform', 'impact'], packages: [] },
  review: {
    rooms: ['model', 'sets', 'dialects', 'world', 'platform', 'impact', 'rules'],
    packages: ['zod', 'yaml'],
  },
  cluster: {
    rooms: ['model', 'world'],
    packages: ['@bufbuild/protobuf/wire', '@kubernetes/client-node', 'yaml'],
  },
  scan: {
    rooms: ['model', 'sets', 'dialects', 'world', 'platform', 'impact', 'rules', 'review', 'cluster'],
    packages: [],
  },
  certificates: { rooms: ['model', 'cluster'], packages: ['@peculiar/x509', 'reflect-metadata'] },
  webhook: { rooms: ['review', 'model'], packages: ['fastify', 'prom-client', 'pino'] },
  report: { rooms: ['model', 'review'], packages: [] },
};

/** Rooms that may know neither the clock nor any I/O. */
const pure = ['model', 'sets', 'dialects', 'world', 'platform', 'impact', 'rules', 'review'];

/** Files outside the rooms, which wire them: they may import everything. */
const wiring = ['cli', 'main.ts', 'config.ts'];

interface File {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function files(folder: string): File[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = join(folder, entry.name);
    if (entry.isDirectory()) return files(full);
    if (!entry.name.endsWith('.ts')) return [];
    const text = readFileSync(full, 'utf8');
    const imports = [
      ...text.matchAll(/^(?:import|export)[^'";]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm),
    ];
    return [
      {
        path: relative(source, full).split(sep).join('/'),
        text,
        imports: imports.map((m) => m[1] ?? m[2] ?? m[3] ?? ''),
      },
    ];
  });
}

/** What stands after `import`, and the module; or a module that is imported for what it does. */
const staticImport = /^import (?:([^'";]*?) from '([^']+)'|'([^']+)')/gm;

const all = files(source);
const roomOf = (path: string): string => path.split('/')[0] ?? '';

function target(file: File, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(file.path), specifier));
}

describe('the house', () => {
  test('every file lies in a room that the table knows', () => {
    const known = new Set([...Object.keys(rooms), ...wiring]);
    expect(all.map(({ path }) => roomOf(path)).filter((room) => !known.has(room))).toEqual([]);
  });

  test('a room imports only rooms that it may', () => {
    const wrong = all.flatMap((file) => {
      const room = rooms[roomOf(file.path)];
      if (room === undefined) return [];
      const allowed = new Set([roomOf(file.path), ...room.rooms]);
      return file.imports
        .filter((specifier) => specifier.startsWith('.') && !allowed.has(roomOf(target(file, specifier))))
        .map((specifier) => `${file.path} imports ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  test('a room imports only packages that it may', () => {
    const wrong = all.flatMap((file) => {
      const room = rooms[roomOf(file.path)];
      if (room === undefined) return [];
      return file.imports
        .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .filter((specifier) => !room.packages.includes(specifier))
        .map((specifier) => `${file.path} imports ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  test('pure rooms know neither clock nor I/O', () => {
    const forbidden =
      /\bfrom 'node:|\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bprocess\.|\bsetTimeout\b|\bMath\.random\b/;
    const wrong = all.filter(({ path, text }) => pure.includes(roomOf(path)) && forbidden.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('serve loads no library before it needs it that few processes need', () => {
    const byPath = new Map(all.map((file) => [file.path, file]));
    const packages = new Set<string>();
    const reached = new Set<string>();
    const visit = (path: string): void => {
      const file = byPath.get(path);
      if (file === undefined) throw new Error(`there is no ${path}`);
      if (reached.has(path)) return;
      reached.add(path);
      for (const [, what = '', from = '', bare = ''] of file.text.matchAll(staticImport)) {
        const specifier = from || bare;
        if (what.startsWith('type ') || specifier.startsWith('node:')) continue;
        if (specifier.startsWith('.')) visit(target(file, specifier));
        else packages.add(specifier);
      }
    };
    // What main.ts loads for it.
    const loaded = ['serve', 'serve-command', 'serve-scan', 'serve-certificates', 'picture'];
    for (const name of loaded) visit(`cli/${name}.ts`);
    for (const path of ['config.ts', 'review/settings.ts', 'rules/registry.ts']) visit(path);
    // Kubeconfigs and certificates are read and made by others, which take 60 and 10 MiB.
    expect([...packages].sort()).toEqual([
      '@bufbuild/protobuf/wire',
      'commander',
      'fastify',
      'ipaddr.js',
      'pino',
      'prom-client',
      'yaml',
      'zod',
    ]);
  });

  test('only cluster/client.ts knows the Kubernetes client', () => {
    const users = all.filter(({ imports }) =>
      imports.some((specifier) => specifier.startsWith('@kubernetes/client-node')),
    );
    expect(users.map(({ path }) => path)).toEqual(['cluster/client.ts']);
  });
});

describe('files', () => {
  test('none is above 300 lines, half are at most 150', () => {
    const lengths = all.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
    expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
    const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(150);
  });

  test('a rule is at most 140 lines', () => {
    const long = all.filter(
      ({ path, text }) => path.startsWith('rules/') && /: (?:Policy|Change|Document)Rule = /.test(text),
    );
    expect(long.filter(({ text }) => text.split('\n').length > 141).map(({ path }) => path)).toEqual([]);
  });

  test('no name says nothing', () => {
    const empty =
      /(?:^|\/)(?:utils?|helpers?|common|misc|types|constants|index|analyzer|engine|validator)(?:\.ts|\/)/;
    expect(all.map(({ path }) => path).filter((path) => empty.test(path))).toEqual([]);
  });

  /** What the code may not hold, and the files that are excused because the thing belongs there. */
  const bans: readonly { what: string; pattern: RegExp; except?: RegExp }[] = [
    { what: 'export *', pattern: /^export \*/m },
    { what: 'default exports', pattern: /^export default/m },
    { what: 'enums and namespaces', pattern: /^(?:export )?(?:const )?(?:enum|namespace) /m },
    { what: 'parameter properties', pattern: /constructor\([^)]*(?:private|public|protected) /s },
    { what: 'any', pattern: /[:<,(] *any\b(?! )(?=[>,;)[\]|&= ])/ },
    { what: 'non-null assertions', pattern: /[\w)\]]!(?:\.|;|,|\)|\[)/ },
    { what: 'casts', pattern: / as (?!const\b)[A-Z]\w*/, except: /^model\/decode\// },
    { what: 'process.env', pattern: /process\.env/, except: /^config\.ts$/ },
    { what: 'console', pattern: /\bconsole\./, except: /^report\// },
    { what: 'inheritance', pattern: /class \w+ extends (?!Error\b)/ },
    { what: 'decorators', pattern: /^\s*@\w+\(/m },
    { what: 'module-level mutable state', pattern: /^(?:export )?let /m },
    { what: 'loose ends', pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/ },
    { what: 'user text in a regex', pattern: /new RegExp\(/ },
  ];

  /** Comments and texts may speak of what the code may not do. */
  function code(text: string): string {
    return text
      .replaceAll(/\/\*[\s\S]*?\*\//g, '')
      .replaceAll(/^\s*\/\/.*$/gm, '')
      .replaceAll(/'[^'\n]*'|`[^`]*`/g, "''");
  }

  test('a catch that swallows says why', () => {
    const silent = all.filter(({ text }) => /catch *(?:\(\w+\))? *\{\s*\}/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test.each(bans)('$what', ({ pattern, except }) => {
    const found = all.filter(({ path, text }) => except?.test(path) !== true && pattern.test(code(text)));
    expect(found.map(({ path }) => path)).toEqual([]);
  });
});
