import type { Server } from 'node:http';
import type { Address } from './self-dial.ts';
import type { TlsProblem } from './tls.ts';

/** Where it listens, once it does. */
export function boundAddress(server: Server): Address {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null
    ? { host: bound.address, port: bound.port }
    : { host: '', port: 0 };
}

const listenErrors: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another process uses that port; stop it or choose another port'],
  ['EACCES', 'this user may not open that port; choose one above 1023'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['ENOTFOUND', 'that host name is unknown'],
]);

/** Listens; the problem says what to do with the option that named the address. */
export function listen(server: Server, address: Address, option: string): Promise<TlsProblem | null> {
  return new Promise((resolve) => {
    const failed = (error: Error) => {
      const code = 'code' in error ? String(error.code) : '';
      const why = listenErrors.get(code) ?? error.message;
      resolve({ problem: `Cannot listen on ${address.host}:${address.port}: ${why} with ${option}.` });
    };
    server.once('error', failed);
    server.listen({ host: address.host, port: address.port }, () => {
      server.removeListener('error', failed);
      resolve(null);
    });
  });
}

/** Stops accepting, and resolves when the last answer is out. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
