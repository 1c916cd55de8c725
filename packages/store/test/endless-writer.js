import { openStore } from '@attribution-bench/store';

const store = openStore(process.argv[2]);
const data = new Uint8Array(3_000_000).fill(5);
process.send('ready');
for (let n = 0; ; n++)
  await store.write(
    { kind: 'fit', key: (n % 4).toString(16).padStart(64, '0') },
    { arrays: { x: { shape: [data.length], data } }, metadata: { n: String(n) } },
  );
