// A process that judges what was kept, with room for a whole cluster: it is told what is given, and tells what it found.
import { checkKept } from './kept.mjs';

process.once('message', async (given) => {
  const found = await checkKept({ ...given, tell: (line) => process.send?.({ line }) });
  process.send?.({ found }, () => process.disconnect());
});
