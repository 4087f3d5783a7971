import { overTls } from '../over-tls.mjs';

export const title = 'The whole gate over TLS';
export const order = 30;
export const memoryMiB = 6144;
export const quick = true;
export const seconds = 1200;
export const about =
  'Reviews as the API server sends them, over HTTP/1.1 and TLS with a client certificate, answered by `netsluice serve` ' +
  'with all rules on one thread. It holds the cluster by streaming lists and watches from a stand-in for the API ' +
  'server, in another process, in which 200 to 1,000 events a second happen: pods come and go, kubelets report, labels ' +
  'and policies change, and once the watch of pods expires and all of them are listed again. The floor is a process ' +
  'that answers the same requests with Fastify, the same socket settings, and nothing else; both are called in turn. ' +
  'Open load comes at random times and is measured from when a request was to be sent, so that what queues is counted. ' +
  'Caller, stand-in and server share the machine. Every hundredth answer is kept, and compared after the run with ' +
  'that of a world that was told the same up to that moment; what it claims to change, and what not, is asked of the ' +
  'naive reference, 1,000 flows for each (of more than 150 answers for every second, third and so on).';

/** How long reviews wait where rules and world cost nothing; see performance goals. */
const overFloorMs = 2;

function latency(metric, { gate, floor, ratio, perSecond, loop }, more = {}) {
  const rate = perSecond === undefined ? '' : `${perSecond} reviews a second; `;
  const note = `${rate}longest block of the event loop ${loop.max} ms; ${loop.rssMiB} MiB`;
  const peer = { name: 'no-op handler', p50: floor.p50, p99: floor.p99 };
  return { metric, unit: 'ms', ...gate, peer, ratio, note, ...more };
}

/** @param {{ quick: boolean, seed: number, names: string[], say: (line: string) => void, report: (result: object) => void }} context */
export async function run({ quick, seed, names, say, report }) {
  const measured = (result) => report({ rows: timesOf(result, quick), checks: [] });
  const [shape] = names;
  const result = await overTls({
    ...(shape === undefined ? {} : { shape }),
    seed,
    quick,
    tell: say,
    measured,
  });
  return { rows: [...timesOf(result, quick), ...judgedRows(result, quick)], checks: checksOf(result) };
}

const goalsIn = (quick) => (goal) => (quick ? {} : { goal });

function timesOf({ shape, serial, capacity, low, high, relist, answers }, quick) {
  const goals = goalsIn(quick);
  const rows = [
    latency('one review after the other', serial),
    {
      ...{ metric: 'reviews a second on one thread', unit: '1/s', value: capacity.perSecond },
      ...goals({ atLeast: { value: 1000 } }),
      peer: { name: 'no-op handler', value: capacity.floorPerSecond },
      note: `closed loop; longest block of the event loop ${capacity.loop.max} ms`,
    },
    latency('open load, 30 % of capacity', low, goals({ p50: low.floor.p50 + overFloorMs })),
    latency('open load, 70 % of capacity', high, goals({ p99: 10 })),
    latency('open load, 30 %, while all pods are listed again', relist),
    {
      ...{ metric: 'answers within 5 ms', unit: '%', value: answers.underFiveMs * 100, count: answers.count },
      ...goals({ atLeast: { value: 99 } }),
      note: 'the first bucket of the API server’s own histogram',
    },
    { metric: 'answers marked partial', unit: '', value: answers.partial, count: answers.count },
  ];
  return rows.map((row) => ({ ...row, shape }));
}

function judgedRows({ shape, kept, lag, happened }, quick) {
  const goals = goalsIn(quick);
  const rows = [
    {
      ...{
        metric: 'from an event to a world that holds it',
        unit: 'ms',
        ...lag.steady,
        ...goals({ p99: 50 }),
      },
      note: `of events that change the world; ${happened.pods + happened.kubelets + happened.policies + happened.namespaces} happened in all`,
    },
    {
      ...{ metric: 'the same while pods are listed again', unit: 'ms', ...lag.whileListing },
      note: `the list of pods was whole again after ${lag.relistMs} ms`,
    },
    {
      ...{
        metric: 'flows judged otherwise by the reference',
        unit: '',
        value: kept.mismatches,
        count: kept.flows,
      },
      note: `${kept.checked} kept answers, flows asked of ${kept.asked}; ${kept.claimedChanged} of the flows claimed to change`,
    },
  ];
  return rows.map((row) => ({ ...row, shape }));
}

function checksOf({ answers, kept, lag, lost }) {
  return [
    { what: 'answers other than 200', value: answers.notOk, equals: 0 },
    { what: 'answers without analysis', value: answers.notAnalysed, equals: 0 },
    { what: 'kept answers', value: kept.checked, atLeast: 1 },
    { what: 'flows asked of the reference', value: kept.flows, atLeast: 100 },
    { what: 'flows claimed to change', value: kept.claimedChanged, atLeast: 1 },
    { what: 'flows judged otherwise by the reference', value: kept.mismatches, equals: 0 },
    { what: 'answers that another world does not give', value: kept.differentAnswers, equals: 0 },
    { what: 'objects that the world lost or kept too long', value: lost, equals: 0 },
    { what: 'lists of pods after an expired watch', value: lag.relistMs === null ? 0 : 1, equals: 1 },
  ];
}
