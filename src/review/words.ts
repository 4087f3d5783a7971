import type { Finding, Mention, Phrase } from '../model/finding.ts';
import type { Visibility } from './visibility.ts';

/** One line of text: the length to aim for, the one never to pass, and the lengths to which names are cut on the way. */
const runesAim = 120;
const runesMax = 240;
const nameCuts: readonly number[] = [253, 40, 24, 12];

/** At most this many lines and runes in one answer, so that other webhooks' warnings have room too. */
const linesMax = 6;
const answerRunesMax = 1200;

/** Nothing in such a text needs to be taken out, and each of its characters is one rune: most lines are like that. */
const plain = /^[ -~]*$/;

/**
 * One line that the API server's filter lets through: no control characters, no lone surrogates, and no marks that
 * turn the direction of what follows.
 */
export function sanitise(text: string): string {
  if (plain.test(text)) return text;
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
}

/** Renders a line with shorter and shorter names until it fits; counts and advice are never cut before the names. */
export function fitted(render: (nameMax: number) => string): string {
  const lines: string[] = [];
  for (const nameMax of nameCuts) {
    const line = sanitise(render(nameMax));
    if (runes(line) <= runesAim) return line;
    lines.push(line);
  }
  const shortest = lines.at(-1) ?? '';
  const fits = lines.find((line) => runes(line) <= runesMax);
  return fits ?? `${[...shortest].slice(0, runesMax - 1).join('')}…`;
}

/** How many characters the API server counts in a text. */
export function runes(text: string): number {
  return plain.test(text) ? text.length : [...text].length;
}

/** `[rule-id] what happens to whom; what to do`, and at its end what the verdicts rest on. */
export function findingLine(
  finding: Pick<Finding, 'rule' | 'happens' | 'advice'>,
  visible: Visibility,
  suffix: string,
): string {
  return fitted((nameMax) => {
    const happens = phraseText(finding.happens, visible, nameMax);
    const advice = phraseText(finding.advice, visible, nameMax);
    return `[${finding.rule}] ${happens}${advice === '' ? '' : `; ${advice}`}${suffix}`;
  });
}

export function phraseText(phrase: Phrase, visible: Visibility, nameMax: number): string {
  return phrase
    .map((part) => (typeof part === 'string' ? part : mentionText(part, visible, nameMax)))
    .join('');
}

function mentionText(mention: Mention, visible: Visibility, nameMax: number): string {
  switch (mention.kind) {
    case 'namespace':
      return visible(mention.name) ? cut(mention.name, nameMax) : 'another namespace';
    case 'workload':
      return visible(mention.namespace) ? workloadText(mention, nameMax) : 'a workload of another namespace';
    case 'workloads': {
      const shown = mention.examples.filter(({ namespace }) => visible(namespace)).slice(0, 2);
      const rest = mention.of - shown.length;
      const names = shown.map((example) => workloadText(example, nameMax)).join(', ');
      if (names === '')
        return mention.of === 1
          ? 'a workload of another namespace'
          : `${mention.of} workloads of other namespaces`;
      return rest > 0 ? `${names}, +${rest}` : names;
    }
  }
}

export function workloadText(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  nameMax: number,
): string {
  return `${cut(namespace, nameMax)}/${cut(name, nameMax)}`;
}

/** Shortens a name to so many characters; the ellipsis shows that it was. */
export function cut(name: string, max: number): string {
  if (name.length <= max) return name;
  const characters = [...name];
  return characters.length <= max ? name : `${characters.slice(0, max - 1).join('')}…`;
}

/** The longest beginning of a text that is at most so many bytes of UTF-8; no character is cut in two. */
export function cutBytes(text: string, max: number): string {
  // No unit of a text becomes more than three bytes: most annotations are far shorter than what is allowed.
  if (text.length * 3 <= max) return text.toWellFormed();
  const bytes = new TextEncoder().encode(text);
  // With `stream` the decoder keeps an unfinished last character back.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, max), { stream: true });
}

/**
 * Chooses the lines of an answer, worst first: at most six, at most 1,200 runes, the last one the ref by which the
 * log line is found. Says how many were left out. An answer that says nothing has no ref either.
 */
export function answerLines(lines: readonly string[], ref: string, contact: string): string[] {
  const unique = [...new Set(lines)];
  if (unique.length === 0) return [];
  const last = (more: number): string => {
    const tail = contact === '' ? `ref ${ref}` : `ref ${ref} ${contact}`;
    return sanitise(more > 0 ? `+${more} more; ${tail}` : tail);
  };
  const kept = unique.slice(0, linesMax - 1);
  const room = (): number => answerRunesMax - runes(last(unique.length));
  while (kept.length > 1 && kept.reduce((sum, line) => sum + runes(line), 0) > room()) kept.pop();
  return [...kept, last(unique.length - kept.length)];
}
