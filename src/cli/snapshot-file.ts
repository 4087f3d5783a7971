import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** Is this a snapshot, by its first bytes, and not a directory or manifests? What cannot be read is none. */
export function isSnapshotFile(path: string): boolean {
  const start = Buffer.alloc(200);
  try {
    if (!statSync(path).isFile()) return false;
    const file = openSync(path, 'r');
    try {
      readSync(file, start, 0, start.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    // Whoever reads it as manifests tells why it cannot be read.
    return false;
  }
  return (start[0] === 0x1f && start[1] === 0x8b) || start.includes('"netsluice/snapshot/');
}
