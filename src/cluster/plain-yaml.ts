/** Thrown inside where a text is out of the ordinary; it never leaves this file. */
class Unusual extends Error {}

interface Line {
  readonly indent: number;
  readonly content: string;
}

/**
 * Reads the YAML that manifests are most often written in, many times faster than a whole reader: block maps and lists,
 * scalars of one line, lists and maps in brackets on one line. What is read here means the same in YAML 1.1 and 1.2 and is what the
 * whole reader would give.
 *
 * @returns One value a document, documents of comments only left out; null for a text that holds anything else, right
 * or wrong, and has to be read by the whole reader.
 */
export function readPlainYaml(text: string): readonly unknown[] | null {
  // Anchors, tags, tabs, line ends of other systems and letters of other scripts are left to the whole reader.
  if (/[^\n\x20-\x7e]/.test(text)) return null;
  try {
    return documentsIn(text).flatMap((lines) => (lines.length === 0 ? [] : [new Block(lines).whole()]));
  } catch (thrown) {
    if (thrown instanceof Unusual || thrown instanceof RangeError) return null;
    throw thrown;
  }
}

const space = 32;
const hash = 35;

function documentsIn(text: string): Line[][] {
  let lines: Line[] = [];
  const documents = [lines];
  for (const raw of text.split('\n')) {
    let indent = 0;
    while (raw.charCodeAt(indent) === space) indent += 1;
    if (indent === raw.length || raw.charCodeAt(indent) === hash) continue;
    const content = raw.slice(indent).trimEnd();
    if (indent === 0 && content === '---') {
      lines = [];
      documents.push(lines);
    } else if (indent === 0 && /^(?:---|\.\.\.|%)/.test(content)) throw new Unusual();
    else lines.push({ indent, content });
  }
  return documents;
}

const keyed = /^([A-Za-z_][\w./-]*|"[^"\\]*"|'[^']*'):(?: +(.*))?$/;

function isItem({ content }: Line): boolean {
  return content === '-' || content.startsWith('- ');
}

/** The lines of one document, read from the first to the last. */
class Block {
  private readonly lines: Line[];
  private next = 0;

  constructor(lines: Line[]) {
    this.lines = lines;
  }

  whole(): unknown {
    const value = this.at(this.lines[0]?.indent ?? 0);
    if (this.next < this.lines.length) throw new Unusual();
    return value;
  }

  private at(indent: number): unknown {
    const line = this.lines[this.next];
    if (line === undefined) throw new Unusual();
    return isItem(line) ? this.list(indent) : this.map(indent);
  }

  private map(indent: number): unknown {
    const entries: Record<string, unknown> = {};
    for (let line = this.lines[this.next]; line !== undefined; line = this.lines[this.next]) {
      if (line.indent < indent) break;
      const [, written, rest = ''] = keyed.exec(line.content) ?? [];
      if (line.indent > indent || written === undefined) throw new Unusual();
      const key = keyOf(written);
      // A key that is there twice is an error, and this one would be taken for something else.
      if (key === '__proto__' || Object.hasOwn(entries, key)) throw new Unusual();
      this.next += 1;
      entries[key] = rest === '' || rest.startsWith('#') ? this.below(indent) : this.scalar(rest, indent);
    }
    return entries;
  }

  private list(indent: number): unknown[] {
    const items: unknown[] = [];
    for (let line = this.lines[this.next]; line !== undefined; line = this.lines[this.next]) {
      if (line.indent < indent || (line.indent === indent && !isItem(line))) break;
      if (line.indent > indent) throw new Unusual();
      items.push(this.item(line, indent));
    }
    return items;
  }

  private item({ content }: Line, indent: number): unknown {
    const rest = content.slice(1).trimStart();
    if (rest === '' || rest.startsWith('#')) {
      this.next += 1;
      return this.below(indent, 'no list');
    }
    const inner = { indent: indent + content.length - rest.length, content: rest };
    if (isItem(inner) || keyed.test(rest)) {
      this.lines[this.next] = inner;
      return this.at(inner.indent);
    }
    this.next += 1;
    return this.scalar(rest, indent);
  }

  /** What stands on the lines below a key or a dash. A list may stand as far left as its key. */
  private below(indent: number, own: 'list' | 'no list' = 'list'): unknown {
    const line = this.lines[this.next];
    if (line === undefined || line.indent < indent) return null;
    if (line.indent > indent) return this.at(line.indent);
    return own === 'list' && isItem(line) ? this.list(indent) : null;
  }

  private scalar(text: string, indent: number): unknown {
    const line = this.lines[this.next];
    // The text goes on on the next line.
    if (line !== undefined && line.indent > indent) throw new Unusual();
    return scalarOf(text);
  }
}

function keyOf(written: string): string {
  if (/^["']/.test(written)) return written.slice(1, -1);
  if (ambiguous.test(written)) throw new Unusual();
  return written;
}

function scalarOf(text: string): unknown {
  if (/^['"[{]/.test(text)) return new Flow(text).whole();
  const comment = text.indexOf(' #');
  return plainOf(comment < 0 ? text : text.slice(0, comment).trimEnd());
}

/** Lists and maps in brackets, and scalars in quotes, on one line. */
class Flow {
  private readonly text: string;
  private next = 0;

  constructor(text: string) {
    this.text = text;
  }

  whole(): unknown {
    const value = this.value();
    if (!/^(?: *| +#.*)$/.test(this.text.slice(this.next))) throw new Unusual();
    return value;
  }

  private value(): unknown {
    switch (this.text[this.next]) {
      case '[':
        return this.list();
      case '{':
        return this.map();
      case "'":
        return this.take(/'((?:[^']|'')*)'/y).replaceAll("''", "'");
      case '"':
        return this.take(/"([^"\\]*)"/y);
      default:
        // A colon in it would make it a map.
        return plainOf(this.take(/([^,:[\]{}#"']+)/y).trimEnd());
    }
  }

  /** What the group of the pattern matches right here. */
  private take(pattern: RegExp): string {
    pattern.lastIndex = this.next;
    const [all, inner] = pattern.exec(this.text) ?? [];
    if (all === undefined || inner === undefined) throw new Unusual();
    this.next += all.length;
    return inner;
  }

  /** Goes on behind a comma, or behind the bracket that ends it. */
  private goesOn(end: ']' | '}'): boolean {
    const [mark] = [this.take(/ *([,\]}]) */y)];
    if (mark !== ',' && mark !== end) throw new Unusual();
    return mark === ',';
  }

  private isEmpty(pattern: RegExp): boolean {
    pattern.lastIndex = this.next;
    if (!pattern.test(this.text)) return false;
    this.next = pattern.lastIndex;
    return true;
  }

  private list(): unknown[] {
    if (this.isEmpty(/\[ *\] */y)) return [];
    const items: unknown[] = [];
    this.take(/(\[) */y);
    do items.push(this.value());
    while (this.goesOn(']'));
    return items;
  }

  private map(): unknown {
    if (this.isEmpty(/\{ *\} */y)) return {};
    const entries = new Map<string, unknown>();
    this.take(/(\{) */y);
    do {
      const key = keyOf(this.take(/([A-Za-z_][\w./-]*|"[^"\\]*"|'[^']*'): +/y));
      if (entries.has(key) || key === '__proto__') throw new Unusual();
      entries.set(key, this.value());
    } while (this.goesOn('}'));
    return Object.fromEntries(entries);
  }
}

/** Words that one of the two versions takes for something else than text. */
const ambiguous = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
const whole = /^(?:0|-?[1-9]\d{0,14})$/;
/** Letters first, and nothing in it that has a meaning of its own. */
const textual = /^[A-Za-z/_](?:[\w ./@+=(),;-]|:(?=[^ ]))*$/;
/** Digits first and text all the same: addresses, quantities and versions. */
const numberlike =
  /^(?:\d+\.\d+\.\d+(?:[.-][\w.-]*)?|\d+\.\d+\.\d+\.\d+\/\d+|\d+(?:\.\d+)?(?:m|Ki|Mi|Gi|Ti|k|M|G|T|s|h|%))$/;

function plainOf(text: string): unknown {
  if (whole.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  if (ambiguous.test(text) || !(textual.test(text) || numberlike.test(text))) throw new Unusual();
  return text;
}
