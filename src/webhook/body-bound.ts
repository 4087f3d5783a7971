const KIBI = 1024;
const MEBI = 1024 * KIBI;

/** Bodies up to here always pass: a thousand of them fit into memory, and hardly any policy is larger. */
const SMALL = 64 * KIBI;
/** What the larger ones may take together, and those of one address: half of it. */
const IN_ALL = 128 * MEBI;
const PER_ADDRESS = 64 * MEBI;

/** Bounds the memory that bodies take, before they are read: any pod may send them, and many at once. */
export interface BodyBound {
  /** Null where there is no room, else what gives the room back; calling that twice does no harm. */
  readonly take: (address: string, bytes: number) => (() => void) | null;
}

/** Without anything taken yet. */
export function makeBodyBound(): BodyBound {
  const taken = new Map<string, number>();
  let all = 0;

  function add(address: string, bytes: number): void {
    all += bytes;
    const now = (taken.get(address) ?? 0) + bytes;
    if (now > 0) taken.set(address, now);
    else taken.delete(address);
  }

  return {
    take: (address, bytes) => {
      if (bytes <= SMALL) return () => undefined;
      if (all + bytes > IN_ALL || (taken.get(address) ?? 0) + bytes > PER_ADDRESS) return null;
      add(address, bytes);
      let held = true;
      return () => {
        if (held) add(address, -bytes);
        held = false;
      };
    },
  };
}
