import { type Manifests, readManifests } from '../cluster/manifests.ts';
import type { Detected } from '../model/detected.ts';
import { type ContractTest, contractJson, contractLines } from '../report/contract-test.ts';
import type { Paint } from '../report/terminal.ts';
import { contractsOf } from '../review/contract.ts';
import { type ContractState, judgeContracts } from '../review/contract-state.ts';
import { profileOf } from '../review/settings.ts';
import { worldOf } from '../world/build.ts';
import { detectedAt, detectedIn } from './detected.ts';
import { eventsOf, readFreshSnapshot } from './open-snapshot.ts';
import type { Output } from './outputs.ts';
import { readSettings, readTexts } from './read-inputs.ts';

export const contractFormats = ['pretty', 'json'] as const;

/** What `netsluice test` is asked to do. */
export interface ContractTestPlan {
  /** Manifests; none for a snapshot. */
  readonly paths: readonly string[];
  readonly snapshot: string | null;
  /** An older snapshot is not asked; null where any age is good enough. */
  readonly maxAgeMs: number | null;
  readonly settings: string;
  readonly outputs: readonly Output<(typeof contractFormats)[number]>[];
  /** The least level of contracts that fail the test where they are not kept. */
  readonly failOn: 'error' | 'warning';
}

/** What the commands that print need of the terminal. */
export interface Printing {
  /** A text for a file, or for standard output where the file is null. */
  readonly write: (file: string | null, text: string) => void;
  /** One line for the person who started it. */
  readonly tell: (line: string) => void;
  readonly paint: Paint;
}

/**
 * Judges the contracts of a settings file over manifests or a snapshot.
 *
 * @returns 0 where all hold, 1 where one is broken, unknown or vacuous, 2 where there is none, 3 where something could
 * not be read; what could be read was judged then all the same.
 */
export function runContractTest(plan: ContractTestPlan, { write, tell, paint }: Printing): number {
  const settings = readSettings(plan.settings);
  if ('problem' in settings) return failed(tell, settings.problem, 3);
  const contracts = contractsOf(settings.contracts);
  if (contracts.length === 0)
    return failed(tell, `${plan.settings} has no contracts; write them under the key contracts.`, 2);
  const read = inputOf(plan, tell);
  if ('problem' in read) return failed(tell, read.problem, 3);
  const { events, problems, detected } = read;
  for (const { file, line, message } of problems)
    tell(`not read: ${file}${line === undefined ? '' : `:${line}`}: ${message}`);
  const states = judgeContracts(worldOf(profileOf(settings, detected), events), contracts);
  const found: ContractTest = { states, problems };
  for (const { name, file } of plan.outputs)
    write(file, name === 'json' ? contractJson(found) : contractLines(found, paint));
  if (problems.length > 0) return 3;
  return states.some((state) => fails(state, plan.failOn)) ? 1 : 0;
}

interface ContractInput extends Pick<Manifests, 'events' | 'problems'> {
  readonly detected: Detected;
}

function inputOf(
  { paths, snapshot, maxAgeMs }: ContractTestPlan,
  tell: Printing['tell'],
): ContractInput | { readonly problem: string } {
  if (snapshot === null) {
    const texts = readTexts(paths);
    if ('problem' in texts) return texts;
    const read = readManifests(texts);
    return { ...read, detected: detectedIn(read.events, read.config) };
  }
  const read = readFreshSnapshot(snapshot, maxAgeMs, tell);
  return 'problem' in read ? read : { events: eventsOf(read), problems: [], detected: detectedAt(read) };
}

/** "`unknown` fails `netsluice test`", and vacuous is never passed. */
function fails({ state, contract }: ContractState, failOn: 'error' | 'warning'): boolean {
  return state !== 'holds' && (failOn === 'warning' || contract.level === 'error');
}

function failed(tell: (line: string) => void, problem: string, code: number): number {
  tell(problem);
  return code;
}
