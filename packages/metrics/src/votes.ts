/** What several voters decide. */
export interface Vote {
  /** 1 when more than half of them say 1, otherwise 0. */
  readonly value: number;
  /**
   * What each voter alone stands for, so that their mean is the value and their spread that of the decision: the value plus
   * the voter's influence on it (infinitesimal jackknife), the slope of the chance that a majority of as many says 1 by the
   * chance that one does, times how far the voter is from the mean.
   */
  readonly ofVoter: readonly number[];
}

/** @param votes 0 or 1 each */
export function majority(votes: readonly number[]): Vote {
  const voters = votes.length;
  const share = votes.reduce((sum, vote) => sum + vote, 0) / voters;
  const value = share > 0.5 ? 1 : 0;
  const others = Math.floor(voters / 2);
  const slope = voters * binomial(voters - 1, others) * share ** others * (1 - share) ** (voters - 1 - others);
  return { value, ofVoter: votes.map((vote) => value + slope * (vote - share)) };
}

/** Whether any of several votes says 1, with what each voter stands for in all of them together. */
export function any(votes: readonly Vote[]): Vote {
  const noneBut = (left: number) =>
    votes.reduce((product, { value }, i) => (i === left ? product : product * (1 - value)), 1);
  const value = 1 - noneBut(-1);
  const ofVoter = votes[0].ofVoter.map((_, voter) =>
    votes.reduce((sum, vote, i) => sum + (vote.ofVoter[voter] - vote.value) * noneBut(i), value),
  );
  return { value, ofVoter };
}

function binomial(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i;
  return ways;
}
