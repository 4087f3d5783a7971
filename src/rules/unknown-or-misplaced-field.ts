import type { FixStep } from '../model/finding.ts';
import type { UnknownField, WrittenDocument } from '../model/written.ts';
import { misnamedKeys } from './api-version-not-served.ts';
import { isSlip } from './near-miss.ts';
import { always, type DocumentInput, type DocumentRule, type Draft } from './rule.ts';

/**
 * R66. A field that a NetworkPolicy does not have: a slip, a field at the wrong level, or a blank that is missing after a
 * dash or a colon. kubectl refuses such an object; clients that do not ask for strict validation lose the field in
 * silence, and a clause that loses its peers admits everybody.
 *
 * In the webhook it is known only from what kubectl noted down, and an info: the server has let it through by then.
 *
 * Fix: write what is meant; the rename is mechanical where only one field is near. Platforms do not differ.
 */
export const unknownOrMisplacedField: DocumentRule = {
  id: 'unknown-or-misplaced-field',
  number: 'R66',
  title: 'A field that a NetworkPolicy does not have',
  judges: 'document',
  severity: always('error'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why: 'Keys are case-sensitive and belong to one level: `Spec`, `matchLabel`, `policyType`, `to` in an ingress clause and `ports` inside a peer are no fields. `kubectl` refuses the object, but a client that does not ask for strict validation has the field dropped in silence. What is left can mean the opposite: an ingress clause whose peers stand under `to` has no peers, and admits everybody. Two more slips make keys out of something else: `-from:` without a blank after the dash is a key of that name, and `ingress:[]` without a blank after the colon is a text.',
    fix: 'Write the field that is meant, at the level where it belongs. Where only one field is near, `lint --fix` renames it.',
    fine: 'Never. Labels and annotations may have any key and are not meant here. The webhook notes as an info what `kubectl apply` noted down and the server dropped.',
    platforms: '',
  },
  *check({ document, from }: DocumentInput): Iterable<Draft> {
    const explained = new Set(misnamedKeys(document).map(({ key }) => key));
    for (const field of document.unknown) {
      if (explained.has(field.path)) continue;
      const { means, advice, fix } = hintFor(field, document);
      yield {
        key: field.path.replaceAll(/\[\d+\]/g, '[]'),
        at: field.path,
        happens: [
          from === 'file'
            ? `${shown(field)} is no field: kubectl refuses the object, other clients lose it in silence${means}`
            : `${shown(field)} was dropped in silence, for it is no field${means}`,
        ],
        advice: [advice],
        affected: [],
        fix,
        ...(from === 'file' ? {} : { severity: always('info') }),
      };
    }
  },
};

interface Hint {
  /** What becomes of the policy without the field. */
  readonly means: string;
  readonly advice: string;
  readonly fix: readonly FixStep[];
}

function shown({ key }: UnknownField): string {
  return key.length > 60 ? `${[...key].slice(0, 59).join('')}…` : key;
}

function hintFor(field: UnknownField, document: WrittenDocument): Hint {
  const { path, key, known, beside } = field;
  const hint = (advice: string, means = ''): Hint => ({ means, advice, fix: [] });
  if (known.length === 0) return hint('write a blank after the colon');
  if (/^-\S/.test(key)) return hint(`write a blank after the dash: - ${key.slice(1)}:`);
  const meant = meantBy(key, known);
  if (meant !== null) {
    const fix: FixStep[] = beside.includes(meant) ? [] : [{ op: 'rename', at: path, to: meant }];
    return { means: '', advice: `write ${meant}`, fix };
  }
  const swapped = swappedPeers(field);
  if (swapped !== null) return hint(swapped, beside.includes(key === 'to' ? 'from' : 'to') ? '' : everybody);
  if (key === 'status' && path === 'status')
    return { means: '', advice: 'drop it', fix: [{ op: 'remove', at: path }] };
  return hint(home(field, document) ?? `known here: ${known.join(', ')}`);
}

const everybody = ', and the clause then admits everybody';

/** The one field that a key is a slip for; null where there is none or more than one. */
function meantBy(key: string, known: readonly string[]): string | null {
  const bare = key.replaceAll(/[\s_-]/g, '').toLowerCase();
  const same = known.find((name) => name.toLowerCase() === bare);
  if (same !== undefined) return same;
  const near = known.filter((name) => isSlip(name, key) || abbreviates(bare, name.toLowerCase()));
  return near.length === 1 ? (near[0] ?? null) : null;
}

/** `podsel` for `podSelector`, `matchlabel` for `matchLabels`: all of a word but its end. */
function abbreviates(short: string, name: string): boolean {
  return short.length >= 4 && (name.startsWith(short) || name === `${short}s`);
}

function swappedPeers({ path, key }: UnknownField): string | null {
  if (key === 'to' && /^spec\.ingress\[\d+\]\.to$/.test(path))
    return 'write from, or move the clause to egress';
  if (key === 'from' && /^spec\.egress\[\d+\]\.from$/.test(path))
    return 'write to, or move the clause to ingress';
  return null;
}

/** Where a field of another level belongs: indentation is the most frequent cause. */
function home({ path, key }: UnknownField, { value }: WrittenDocument): string | null {
  const inPeer = /\.(?:from|to)\[\d+\]\.ports$/.test(path);
  if (inPeer) return 'move it out of the peer, to the level of from or to';
  if (path === 'spec.namespaceSelector')
    return 'move it into a peer of from or to; a policy selects pods of its own namespace only';
  if (value !== undefined && Object.hasOwn(homes, key)) return `${homes[key] ?? ''}; check the indentation`;
  return null;
}

const homes: Readonly<Record<string, string>> = {
  podSelector: 'move it under spec, or into a peer',
  policyTypes: 'move it under spec',
  ingress: 'move it under spec',
  egress: 'move it under spec',
  from: 'move it into a clause of ingress',
  to: 'move it into a clause of egress',
  ports: 'move it into a clause of ingress or egress',
  port: 'move it into an item of ports',
  protocol: 'move it into an item of ports',
  namespaceSelector: 'move it into a peer of from or to',
  ipBlock: 'move it into a peer of from or to',
  matchLabels: 'move it into a podSelector or namespaceSelector',
  matchExpressions: 'move it into a podSelector or namespaceSelector',
  cidr: 'move it into an ipBlock',
  except: 'move it into the ipBlock',
  labels: 'move it into metadata',
  namespace: 'move it into metadata',
  name: 'move it into metadata',
};
