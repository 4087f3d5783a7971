import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** What one address may hold open of all connections; an API server has at most 200 changes in flight by default. */
const PER_ADDRESS = 600;
const IN_ALL = 1200;

/**
 * Bounds the connections, each address by half of them: any pod may connect, and one that takes all it can get must
 * not keep the API server out. `refused` is told about each connection that was closed for it.
 */
export function boundConnections(server: Server, refused: () => void): void {
  const open = new Map<string, number>();
  server.maxConnections = IN_ALL;
  server.on('drop', refused);
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
    if (count <= PER_ADDRESS) return;
    refused();
    socket.destroy();
  });
}
