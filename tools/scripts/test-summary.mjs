// Usage: test-summary.mjs <vitest JSON report> <failed checks>
// Prints "N passed, N failed" and exits with 1 when something failed or no test ran.
import { readFileSync } from 'node:fs';

const [reportFile, failedChecks] = process.argv.slice(2);
const { passed, failed } = summary(readFileSync(reportFile, 'utf8'), Number(failedChecks));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function summary(report, failedChecks) {
  if (report === '') return { passed: 0, failed: failedChecks + 1 };
  const { numPassedTests, numFailedTests, testResults, success } = JSON.parse(report);
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  const failed = numFailedTests + brokenFiles + failedChecks;
  return { passed: numPassedTests, failed: failed === 0 && !success ? 1 : failed };
}
