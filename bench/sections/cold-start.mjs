import { shapeOf } from '../cluster-names.mjs';
import { answerOf, runToEnd, startAndHear } from '../processes.mjs';
import { heapOptions, measureServed } from '../served.mjs';
import { quantile, ratioOf } from '../statistics.mjs';

export const title = 'Cold start and memory';
export const order = 60;
export const seconds = 1200;
export const quick = true;
export const about = `Objects of realistic size (a pod is about 10 kB of JSON, most of it managed fields, probes and
settings) are written to files once, ready to be sent, and another process sends them over the loopback interface, without
TLS. What is measured receives them, as a streamed list, as servers of today send it, or as pages of 500, cuts them, decodes
them, and brings them through the kind tables and the event queue into the world, each time in a fresh process. Beside it,
in turn, a process receives the same pages as most clients do: each as one text, parsed whole, a few fields of each object
kept in a map, and no index made. The longest block of the event loop is what a request may have to wait for; that of a
process which does nothing shows what the machine itself adds. Both processes share the machine's processors. Last, the
real \`netsluice serve\` is started with the options that the chart gives it and reads the same over TLS, with the account of
a pod where a mount of its own can be made for it, and the kernel is asked for its memory: soon after it is ready, and when
its background scan has been through every namespace, which is what it keeps from then on.`;

const readers = [
  ['protobuf', 'stream'],
  ['protobuf', 'pages'],
  ['json', 'pages'],
  ['json', 'naive'],
  ['json', 'idle'],
];

/** JSON takes several times as long: it gets fewer rounds, so that the section ends in its time. */
const roundsOf = { protobuf: 3, json: 2 };

async function coldStarts(folder, wanted, small, say) {
  const found = new Map(wanted.map((reader) => [reader.join(' '), []]));
  const servers = new Map();
  for (const encoding of ['protobuf', 'json'])
    servers.set(encoding, await startAndHear('./api-server.mjs', [folder, encoding]));
  try {
    for (let round = 0; round < (small ? 1 : 3); round += 1)
      for (const [encoding, reader] of round % 2 === 0 ? wanted : wanted.toReversed()) {
        if (round >= roundsOf[encoding]) continue;
        const heap = ['--expose-gc', ...(reader === 'naive' ? ['--max-old-space-size=6144'] : heapOptions)];
        const port = String(servers.get(encoding).message.port);
        const answer = await answerOf('./cold-start-process.mjs', [port, reader], heap);
        found.get(`${encoding} ${reader}`).push(answer);
        say(`${encoding} ${reader}: ${answer.seconds.toFixed(1)} s, block ${answer.blockMs.toFixed(0)} ms`);
      }
  } finally {
    for (const { child } of servers.values()) child.kill();
  }
  return (reader, field) => (found.get(reader) ?? []).map((answer) => answer[field]);
}

/** @param {ReturnType<typeof coldStarts>} of */
function coldRows(shape, of) {
  const median = (reader, field) => quantile(of(reader, field), 0.5);
  return readers.slice(0, 3).flatMap((reader, index) => {
    const mine = reader.join(' ');
    const peer = (field) => ({ name: 'parsing each page whole', value: median('json naive', field) });
    const row = (metric, unit, field) => ({
      metric: `${metric}, ${mine}`,
      shape,
      unit,
      value: median(mine, field),
      peer: peer(field),
      ratio: ratioOf(of(mine, field), of('json naive', field)),
    });
    // The goals are for what netsluice asks for first.
    const first = index === 0;
    return [
      { ...row('bytes to a world that answers', 's', 'seconds'), ...(first ? { goal: { value: 3 } } : {}) },
      row('the same, of the processor', 's', 'cpuSeconds'),
      { ...row('longest block of the loop', 'ms', 'blockMs'), ...(first ? { goal: { value: 10 } } : {}) },
      row('most memory of the process', 'MiB', 'peakMiB'),
    ];
  });
}

const means = { pod: 'with the account of a pod', kubeconfig: 'with a kubeconfig' };

/** The real program, as in a cluster. */
async function servedRows(shape, folder) {
  const served = await measureServed(folder, 'protobuf', 20);
  const resident = { shape, unit: 'MiB' };
  return [
    {
      metric: `\`netsluice serve\` ready after, ${means[served.account]}`,
      shape,
      unit: 's',
      value: served.seconds,
    },
    { metric: 'its scan was through every namespace after', shape, unit: 's', value: served.scannedSeconds },
    { metric: 'resident memory, soon after it is ready', ...resident, value: quantile(served.fresh, 0.5) },
    {
      metric: 'resident memory, steady',
      ...resident,
      value: quantile(served.steady, 0.5),
      goal: { value: 256 },
    },
    { metric: 'resident memory, at most', ...resident, value: served.peak, goal: { value: 400 } },
    { metric: 'memory in use, by its own metric', shape, unit: '%', value: served.used * 100 },
  ];
}

export async function run({ quick: small, seed, folder, say, report }) {
  const shape = small ? 'typical-small' : 'typical';
  await Promise.all(
    ['json', 'protobuf'].map((encoding) =>
      runToEnd('./api-store.mjs', [shape, String(seed), folder, encoding]),
    ),
  );
  say('the objects are written');
  const of = await coldStarts(folder, small ? readers.slice(0, 4) : readers, small, say);
  const rows = coldRows(shape, of);
  report({ rows, checks: [] });
  if (!small) {
    const idle = quantile(of('json idle', 'blockMs'), 0.5);
    rows.push({ metric: 'longest block of a process that does nothing', unit: 'ms', value: idle });
    rows.push(...(await servedRows(shape, folder)));
  }
  const [streamed, paged, json, naive] = readers.map((reader) => of(reader.join(' '), 'objects')[0]);
  return {
    rows,
    checks: [
      { what: 'objects of a stream that were not in the pages', value: streamed - paged, equals: 0 },
      { what: 'objects read as protobuf but not as JSON', value: paged - json, equals: 0 },
      { what: 'objects that only a reader of whole pages saw', value: naive - json, equals: 0 },
      { what: 'objects that were read', value: streamed, atLeast: shapeOf(shape).pods },
    ],
  };
}
