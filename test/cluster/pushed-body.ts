/** A body that a test writes while it is read, without a connection. */
export class PushedBody implements AsyncIterable<Buffer> {
  readonly #chunks: Buffer[] = [];
  #end: 'open' | 'ended' | Error = 'open';
  #wake: () => void = () => undefined;
  readonly #signal: AbortSignal;
  readonly #abort = (): void => this.cut(new Error('aborted'));

  /** Reading fails as soon as the signal aborts, as it does with a connection. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort);
  }

  push(bytes: Buffer | string): void {
    if (this.#end === 'open') this.#chunks.push(Buffer.from(bytes));
    this.#wake();
  }

  end(): void {
    this.#close('ended');
  }

  cut(error: Error): void {
    this.#close(error);
  }

  #close(end: 'ended' | Error): void {
    if (this.#end === 'open') this.#end = end;
    this.#signal.removeEventListener('abort', this.#abort);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Buffer> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (this.#end === 'ended') return;
      else if (this.#end !== 'open') throw this.#end;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
