interface JestTest {
  readonly type: 'test';
  readonly errors: readonly unknown[];
}

interface JestBlock {
  readonly type: 'describeBlock';
  readonly children: readonly (JestTest | JestBlock)[];
}

interface JestState {
  readonly rootDescribeBlock: JestBlock;
  readonly unhandledErrors: readonly unknown[];
}

function blockFailed(block: JestBlock): boolean {
  return block.children.some((child) =>
    child.type === 'test' ? child.errors.length > 0 : blockFailed(child),
  );
}

/**
 * True when a test of the running file has failed so far, false when none has, undefined outside Jest. Jest tells
 * nobody but its reporters, and those hear of it after the logs must be saved; so this reads the runner's own state.
 * A Jest that keeps its state elsewhere counts as failed: then logs are kept once too often, never lost.
 */
export function someTestFailed(): boolean | undefined {
  if (process.env['JEST_WORKER_ID'] === undefined) return undefined;
  const key = Object.getOwnPropertySymbols(globalThis).find(
    (symbol) => symbol.description === 'JEST_STATE_SYMBOL',
  );
  if (key === undefined) return true;
  const state = (globalThis as unknown as Record<symbol, JestState>)[key];
  return state === undefined || state.unhandledErrors.length > 0 || blockFailed(state.rootDescribeBlock);
}
