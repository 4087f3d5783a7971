import { ByteKey } from './byte-key.ts';
import { type Source, Span } from './protobuf-message.ts';
import { isKeptOfPod } from './protobuf-pod.ts';

const noAddresses: readonly string[] = [];
const nowhere = new Span(0, 0);

/** The bytes of a pod in which its siblings are like it, as far as somebody reads them. */
export class SharedKeys {
  /** Whole fields of its metadata. */
  readonly labels = new ByteKey();
  readonly owners = new ByteKey();
  /** Of annotations and spec. */
  readonly shape = new ByteKey();

  clear(): void {
    this.labels.clear();
    this.owners.clear();
    this.shape.clear();
  }
}

/** Walks over a pod: keeps what is its own, and gathers the bytes of all else that counts. */
export class OwnParts {
  name = '';
  namespace = '';
  version = '';
  node = '';
  phase = '';
  terminating = false;
  metadata = nowhere;
  spec = nowhere;
  /** Something comes twice that comes once. */
  isOdd = false;
  readonly #source: Source;
  readonly #bytes: Buffer;
  readonly #keys: SharedKeys;
  #position = 0;
  #parts = 0;
  #address = '';
  /** Nearly every pod has one. */
  #first = '';
  #more: readonly string[] = noAddresses;

  constructor(source: Source, keys: SharedKeys) {
    this.#source = source;
    this.#bytes = source.bytes;
    this.#keys = keys;
  }

  /** "podIPs … must match the podIP field" in its first entry; old servers write podIP alone. */
  addresses(): readonly string[] {
    const first = this.#first || this.#address;
    if (first === '') return noAddresses;
    return this.#more.length === 0 ? [first] : [first].concat(this.#more);
  }

  /** Are these the pod's addresses? Makes nothing. */
  hasAddresses(addresses: readonly string[]): boolean {
    const first = this.#first || this.#address;
    if (first === '') return addresses.length === 0;
    const more = this.#more;
    if (addresses.length !== more.length + 1 || addresses[0] !== first) return false;
    return more.every((address, index) => addresses[index + 1] === address);
  }

  readPod(start: number, end: number): void {
    this.#position = start;
    while (this.#position < end) {
      const tag = this.#number();
      const part = tag >>> 3;
      if (part < 1 || part > 3) {
        this.#skip(tag);
        continue;
      }
      if ((tag & 7) !== 2 || (this.#parts & (1 << part)) !== 0) this.isOdd = true;
      this.#parts |= 1 << part;
      this.#readPart(part, this.#end());
    }
    this.#closeAt(end);
  }

  #readPart(part: number, end: number): void {
    if (part === 1) {
      this.metadata = new Span(this.#position, end);
      this.#readMetadata(end);
    } else if (part === 2) {
      this.spec = new Span(this.#position, end);
      this.#readSpec(end);
    } else this.#readStatus(end);
    this.#closeAt(end);
  }

  #readMetadata(end: number): void {
    while (this.#position < end) {
      const start = this.#position;
      const tag = this.#number();
      switch (tag) {
        case 0x0a:
          this.name = this.#text() || this.name;
          break;
        case 0x1a:
          this.namespace = this.#pooled() || this.namespace;
          break;
        case 0x32:
          this.version = this.#text() || this.version;
          break;
        case 0x4a:
          this.#skip(tag);
          this.terminating = true;
          break;
        case 0x5a:
          this.#keep(this.#keys.labels, start, tag);
          break;
        case 0x6a:
          this.#keep(this.#keys.owners, start, tag);
          break;
        case 0x62:
          this.#keepAnnotation(start);
          break;
        default:
          this.#skip(tag);
      }
    }
  }

  #readSpec(end: number): void {
    while (this.#position < end) {
      const start = this.#position;
      const tag = this.#number();
      switch (tag) {
        // Containers and init containers.
        case 0x12:
        case 0xa2:
          this.#readContainer(tag === 0x12 ? 1 : 3);
          break;
        case 0x52:
          this.node = this.#pooled() || this.node;
          break;
        // DNS policy, node selector, service account under two names, host network, token, operating system.
        case 0x32:
        case 0x3a:
        case 0x42:
        case 0x4a:
        case 0x58:
        case 0xa8:
        case 0x122:
          this.#keep(this.#keys.shape, start, tag);
          break;
        default:
          this.#skip(tag);
      }
    }
  }

  /** No field begins with the numbers around what counts of it. */
  #readContainer(beginning: number): void {
    const end = this.#end();
    this.#keys.shape.add(beginning);
    while (this.#position < end) {
      const start = this.#position;
      const tag = this.#number();
      // Ports, probes, restart policy.
      const counts = tag === 0x32 || tag === 0x52 || tag === 0x5a || tag === 0xb2 || tag === 0xc2;
      if (counts) this.#keep(this.#keys.shape, start, tag);
      else this.#skip(tag);
    }
    this.#closeAt(end);
    this.#keys.shape.add(0);
  }

  #readStatus(end: number): void {
    while (this.#position < end) {
      const tag = this.#number();
      if (tag === 0x0a) this.phase = this.#pooled() || this.phase;
      else if (tag === 0x32) this.#address = this.#text() || this.#address;
      else if (tag === 0x62) this.#readAddress();
      else this.#skip(tag);
    }
  }

  #readAddress(): void {
    const end = this.#end();
    let address = '';
    while (this.#position < end) {
      const tag = this.#number();
      if (tag === 0x0a) address = this.#text() || address;
      else this.#skip(tag);
    }
    this.#closeAt(end);
    if (address === '') return;
    if (this.#first === '') this.#first = address;
    else this.#more = this.#more.concat([address]);
  }

  /** Other annotations are long and often of one pod alone. */
  #keepAnnotation(start: number): void {
    const last = this.#end();
    const hasKey = this.#bytes[this.#position] === 0x0a;
    this.#position += 1;
    const isKept = !hasKey || isKeptOfPod(this.#pooled());
    this.#position = last;
    if (isKept) this.#keys.shape.addAll(this.#bytes, start, last);
  }

  #keep(key: ByteKey, start: number, tag: number): void {
    this.#skip(tag);
    key.addAll(this.#bytes, start, this.#position);
  }

  #text(): string {
    const end = this.#end();
    const start = this.#position;
    this.#position = end;
    return this.#bytes.toString('utf8', start, end);
  }

  #pooled(): string {
    const end = this.#end();
    const start = this.#position;
    this.#position = end;
    return this.#source.pool.read(this.#bytes, start, end);
  }

  /** Where the part ends whose length comes next. */
  #end(): number {
    const length = this.#number();
    const end = this.#position + length;
    if (end > this.#bytes.length) throw new Error('a field is longer than its message');
    return end;
  }

  #closeAt(end: number): void {
    if (this.#position !== end) throw new Error('a message is longer than it says');
  }

  #skip(tag: number): void {
    const wire = tag & 7;
    if (wire === 2) this.#position = this.#end();
    else if (wire === 0) this.#number();
    else if (wire === 5) this.#position += 4;
    else if (wire === 1) this.#position += 8;
    // The API has no groups.
    else throw new Error(`there is no wire type ${wire}`);
  }

  /** A number of seven bits with each byte. */
  #number(): number {
    const byte = this.#bytes[this.#position] ?? 0xff;
    if (byte >= 0x80) return this.#longNumber();
    this.#position += 1;
    return byte;
  }

  #longNumber(): number {
    const { reader } = this.#source;
    reader.pos = this.#position;
    const number = reader.uint32();
    this.#position = reader.pos;
    return number;
  }
}
