import type { BoardMetric } from '../board-input.js';
import { withUnit } from '../view/format.js';

/** Parts of ids that are abbreviations, whatever their length. */
const abbreviations = ['auc', 'lds', 'loo', 'qld', 'fid', 'kid'];

/** Where the metrics of this project come from. */
const papers: Readonly<Record<string, string>> = {
  lds: 'Park et al. 2023, arXiv:2303.14186',
  loo: 'Koh and Liang 2017, arXiv:1703.04730',
  'removal-curve': 'Ghorbani and Zou 2019, arXiv:1904.02868',
  'addition-curve': 'Ghorbani and Zou 2019, arXiv:1904.02868',
  brittleness: 'Ilyas et al. 2022, arXiv:2202.00622',
  'mislabel-auc': 'Koh and Liang 2017, arXiv:1703.04730',
  'weighted-accuracy-drop': 'Schoch, Xu and Ji 2022, arXiv:2211.06800',
  'class-detection': 'Hanawa et al. 2021, arXiv:2006.04528',
  'subclass-detection': 'Hanawa et al. 2021, arXiv:2006.04528',
};

/** `LDS`, `Mislabel AUC`, `Removal curve`; with its unit, `Brittleness [%]`, where it has one. */
export function metricName({ id, unit }: BoardMetric): string {
  const words = id.split('-').map((word) => (abbreviations.includes(word) ? word.toUpperCase() : word));
  const name = id.length <= 4 ? id.toUpperCase() : words.join(' ');
  return withUnit(name.slice(0, 1).toUpperCase() + name.slice(1), unit);
}

/** What a metric is and which way is better, for those who do not know its name. */
export function metricWords({ title, description, higherIsBetter }: BoardMetric): string {
  const direction = higherIsBetter ? 'Higher is better.' : 'Lower is better.';
  return description === undefined ? `${title}. ${direction}` : `${title}. ${description} ${direction}`;
}

/** Citation of the paper that a metric is taken from; undefined for metrics of others. */
export function metricPaper({ id }: BoardMetric): string | undefined {
  return Object.hasOwn(papers, id) ? papers[id] : undefined;
}
