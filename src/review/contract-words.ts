import { portText } from '../sets/port-set.ts';
import type { Contract, ContractEnd } from './contract.ts';
import type { ContractState } from './contract-state.ts';
import type { Witness, WitnessCause, WitnessEnd } from './contract-witness.ts';
import { sanitise } from './words.ts';

/** What a state means, in one line without the contract's name; nothing where the contract holds. */
export function stateText(state: ContractState): string {
  const { contract, witness } = state;
  switch (state.state) {
    case 'holds':
      return '';
    case 'vacuous':
      return vacuousText(state);
    case 'broken':
      return witness === null ? '' : `${flowText(contract, witness, 'sure')}${countText(state.broken)}`;
    case 'unknown': {
      const flow = witness === null ? '' : `${flowText(contract, witness, 'perhaps')}; `;
      return `${flow}${state.reasons.map((reason) => doubtTexts.get(reason) ?? reason).join('; ')}`;
    }
  }
}

function vacuousText({ contract, nobody }: ContractState): string {
  if (nobody.length === 0) return 'there is no pair of pods that it is about';
  if (contract.to.kind === 'dns' && nobody.includes('to'))
    return 'no resolver is known: a Service such as kube-system/kube-dns, and its pods';
  return `nothing matches its ${nobody.join(', nor its ')}`;
}

function countText(count: number): string {
  if (count === 0) return '; no pod that is there today does';
  return count === 1 ? '' : `; ${count} connections in all`;
}

/** `shop/web-0 can reach shop/db-0 on 5432/TCP (egress: no policy isolates it; ingress: shop/p ingress[0] allows it)`. */
export function flowText({ kind }: Contract, witness: Witness, how: 'sure' | 'perhaps'): string {
  const may = how === 'sure' ? 'can' : 'may';
  const verb = kind === 'forbid' ? `${may} reach` : how === 'sure' ? 'cannot reach' : 'may not reach';
  const causes = witness.because.map(causeText);
  const because = causes.length === 0 ? '' : ` (${causes.join('; ')})`;
  return `${endText(witness.source)} ${verb} ${endText(witness.destination)} on ${portText(witness.ports)}${because}`;
}

function endText(end: WitnessEnd): string {
  if (end.kind !== 'pod') return end.kind === 'dns' ? 'DNS' : 'the internet';
  return end.invented ? `${end.name.slice(1, -1)} in ${end.namespace}` : end.pod;
}

function causeText({ direction, policy, clause, effect }: WitnessCause): string {
  switch (effect) {
    case 'open':
      return `${direction}: no policy isolates it`;
    case 'allows':
      return `${direction}: ${policy} ${direction}[${clause}] allows it`;
    case 'isolates':
      return `${direction}: ${policy} isolates it`;
  }
}

/** `forbid shop/app=web -> internet on 443/TCP`. */
export function contractText({ kind, from, to, ports }: Contract): string {
  const on = ports === null ? (to.kind === 'dns' ? '' : ' on all ports') : ` on ${portText(ports)}`;
  return `${kind} ${selectionText(from)} -> ${selectionText(to)}${on}`;
}

function selectionText(end: ContractEnd): string {
  if (end.kind !== 'pods') return end.kind;
  const namespaces = end.namespaces.text.replace('kubernetes.io/metadata.name=', '');
  return `${namespaces === '' ? '*' : namespaces}/${end.pods.text === '' ? '*' : end.pods.text}`;
}

/** Why a verdict is not known, as advice: what to state so that it is. */
const doubtTexts: ReadonlyMap<string, string> = new Map([
  [
    'ip-block-on-pods',
    'the settings do not say whether the network plugin matches ipBlocks with pods (platform)',
  ],
  ['own-node', 'the settings do not say whether a pod and its own node are always connected (platform)'],
  ['platform', 'what the network plugin does with a clause is not stated (platform)'],
  ['enforcement', 'the settings do not say whether policies are enforced at all (platform)'],
  ['address-unknown', 'a pod has no address that an ipBlock could be compared with'],
  ['address-family', 'a pod has addresses of both families and an ipBlock speaks of one'],
  ['init-container-port', 'only an init container declares the named port'],
  ['other-policies', 'policies of another API govern these pods and are not analysed'],
  ['not-looked-at', 'not every pair was looked at before the step budget ran out'],
]);

/** `contract db-from-web is broken: shop/web-0 can reach …`; names are told in full. */
export function contractLine(state: ContractState): string {
  const how = state.state === 'holds' ? 'holds' : `is ${state.state}`;
  const told = stateText(state);
  return sanitise(`contract ${state.contract.name} ${how}${told === '' ? '' : `: ${told}`}`);
}
