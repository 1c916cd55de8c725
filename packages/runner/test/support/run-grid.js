import { loadGrid, planGrid, prepareGrid, runPlan } from '@attribution-bench/runner';

const [file, resultsFolder] = process.argv.slice(2);
const plan = await planGrid(await prepareGrid(await loadGrid(file), { resultsFolder, engine: 'onnx' }));
await runPlan(plan, { jobs: 2, onEvent: (event) => console.log(JSON.stringify(event)) });
