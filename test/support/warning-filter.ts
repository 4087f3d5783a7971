/**
 * What the API server does with the warnings of a response before kubectl sees them: a second implementation of the
 * filter in its package endpoints/filters. Counted in runes, as Go counts: Unicode code points.
 */

const TOTAL_RUNES = 4096;
const TRUNCATED_RUNES = 256;

/** "Text with any control character or invalid UTF-8": the header cannot be made, and the caller just returns. */
function cannotBeHeader(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const control = code < 0x20 || (code >= 0x7f && code <= 0x9f);
    const loneSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (control || loneSurrogate) return true;
  }
  return false;
}

function cutRunes(text: string, max: number): string {
  const runes = [...text];
  return runes.length <= max ? text : runes.slice(0, max).join('');
}

/** The warnings that reach the client, in order, as it prints them after `Warning: `. */
export function warningsThatArrive(warnings: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const recorded: string[] = [];
  let written: string[] = [];
  let total = 0;
  let truncating = false;
  const write = (text: string): void => {
    // After 4,096 runes are written, further warnings are dropped.
    if (total >= TOTAL_RUNES) return;
    const runes = [...text].length;
    total += runes;
    written.push(text);
  };
  for (const text of warnings) {
    if (text === '' || cannotBeHeader(text) || seen.has(text)) continue;
    seen.add(text);
    recorded.push(text);
    if (!truncating && total + [...text].length > TOTAL_RUNES) {
      // Once the total would pass the limit, everything so far is replayed, each cut to 256 runes.
      truncating = true;
      written = [];
      total = 0;
      for (const earlier of recorded) write(cutRunes(earlier, TRUNCATED_RUNES));
      continue;
    }
    write(truncating ? cutRunes(text, TRUNCATED_RUNES) : text);
  }
  return written;
}
