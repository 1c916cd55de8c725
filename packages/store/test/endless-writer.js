import { hashJson } from '@attribution-bench/contract';
import { openStore } from '@attribution-bench/store';

const store = openStore(process.argv[2]);
const data = new Uint8Array(3_000_000).fill(5);
process.send('ready');
for (let n = 0; ; n++) {
  const made = { step: 'fit', name: n % 4 };
  await store.write(
    { kind: 'fit', key: hashJson(made), made },
    { arrays: { x: { shape: [data.length], data } }, metadata: { n: String(n) } },
  );
}
