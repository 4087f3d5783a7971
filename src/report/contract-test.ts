import type { Contract } from '../review/contract.ts';
import type { ContractState } from '../review/contract-state.ts';
import type { WitnessEnd } from '../review/contract-witness.ts';
import { contractText, stateText } from '../review/contract-words.ts';
import { sanitise } from '../review/words.ts';
import type { Paint } from './terminal.ts';

/** A document that could not be read. */
export interface ReadProblem {
  readonly file: string;
  readonly line?: number;
  readonly message: string;
}

/** What `netsluice test` found. */
export interface ContractTest {
  readonly states: readonly ContractState[];
  readonly problems: readonly ReadProblem[];
}

const stateNames = ['holds', 'broken', 'vacuous', 'unknown'] as const;

/** One line for each contract, and why it was made below one that is not kept; the last line adds up. */
export function contractLines({ states }: ContractTest, paint: Paint): string {
  const width = Math.max(0, ...states.map(({ contract }) => contract.name.length));
  const lines = states.flatMap((state) => {
    const { contract } = state;
    const name = contract.name.padEnd(width);
    const told = state.state === 'holds' ? paint.dim(contractText(contract)) : stateText(state);
    const line = `${painted(state, paint)}  ${name}  ${told}`;
    const why = state.state === 'holds' || contract.reason === '' ? [] : [contract.reason];
    return [line, ...why.map((reason) => paint.dim(`${' '.repeat(9)}${' '.repeat(width)}  ${reason}`))];
  });
  return [...lines, totals(states)].map(sanitiseLine).join('\n');
}

function painted({ state, contract }: ContractState, paint: Paint): string {
  const text = state.padEnd(7);
  if (state === 'holds') return paint.bold(text);
  return contract.level === 'error' ? paint.error(text) : paint.warning(text);
}

function totals(states: readonly ContractState[]): string {
  const parts = stateNames.flatMap((name) => {
    const count = states.filter(({ state }) => state === name).length;
    return count === 0 ? [] : [`${count} ${name}`];
  });
  return `${states.length} ${states.length === 1 ? 'contract' : 'contracts'}: ${parts.join(', ')}`;
}

/** Colours are the only control characters that are ours. */
function sanitiseLine(line: string): string {
  return line
    .split('\u001b')
    .map((part) => sanitise(part))
    .join('\u001b');
}

/** The same as JSON, `docs/schemas/contract-test-v1.json`. */
export function contractJson({ states, problems }: ContractTest): string {
  const summary = Object.fromEntries(
    stateNames.map((name) => [name, states.filter(({ state }) => state === name).length]),
  );
  const document = {
    schema: 'contract-test/v1',
    summary,
    contracts: states.map(stateJson),
    problems: problems.map(({ file, line, message }) => ({
      file,
      ...(line === undefined ? {} : { line }),
      message,
    })),
  };
  return JSON.stringify(document, null, 2);
}

function stateJson(state: ContractState): object {
  const { contract, witness, reasons, broken, unknown, nobody } = state;
  const { name, kind, level, reason } = contract satisfies Contract;
  return {
    name,
    kind,
    level,
    state: state.state,
    broken,
    unknown,
    reasons,
    nobody,
    witness:
      witness === null
        ? null
        : {
            src: idOf(witness.source),
            dst: idOf(witness.destination),
            srcPod: podOf(witness.source),
            dstPod: podOf(witness.destination),
            protocol: witness.protocol,
            port: witness.port,
            because: witness.because,
          },
    text: stateText(state),
    why: reason,
  };
}

function idOf(end: WitnessEnd): string {
  return end.kind === 'pod' ? end.workload : end.kind;
}

/** Null for ends that are no pod, and for pods that nobody has yet. */
function podOf(end: WitnessEnd): string | null {
  return end.kind === 'pod' && !end.invented ? end.pod : null;
}
