import type { SectionResult } from './figures.js';
import { sections } from './sections.js';

/** Measures the section named on the command line and tells the parent process. */
const [section] = process.argv.slice(2);
const start = performance.now();
const figures = await sections[section]();
const result: SectionResult = {
  section,
  seconds: (performance.now() - start) / 1000,
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
  figures,
};
process.send?.(result, () => process.disconnect());
