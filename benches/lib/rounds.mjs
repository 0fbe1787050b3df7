// Contestants side by side: each has its turn in every round, so that whatever else the machine does meets all of them.

/**
 * Runs rounds of turns. A contestant is `{ name, turn }`; `turn()` does some work and resolves to a figure. The first round warms
 * up and is not counted. Who begins changes from round to round. After so many `seconds` no further round begins: a slow machine
 * has fewer of them, but as many as `least` that count. Resolves to the figures by name, in the order of rounds.
 */
export async function inRounds(contestants, { rounds, seconds = Infinity, least = 1, onRound = () => {} }) {
  const figures = new Map(contestants.map(({ name }) => [name, []]));
  const end = performance.now() + seconds * 1000;
  for (let round = 0; round <= rounds && (round <= least || performance.now() < end); round += 1) {
    onRound(round, rounds);
    for (let place = 0; place < contestants.length; place += 1) {
      const { name, turn } = contestants[(place + round) % contestants.length];
      const figure = await turn(round);
      if (round > 0) figures.get(name).push(figure);
    }
  }
  return figures;
}

/** The median of figures, and the two between which the middle half of them lies. */
export function spread(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

export function mean(figures) {
  return figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
}

/** How one contestant stands to another: the ratio of each round by itself, so that a slow round slows both. */
export function ratio(figures, name, against) {
  const others = figures.get(against);
  return spread(figures.get(name).map((figure, round) => figure / others[round]));
}

/** What so large a share of sorted figures does not exceed. */
export function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}
