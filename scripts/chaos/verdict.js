/**
 * Holds what was sent, and how it was answered, against what is stored.
 *
 * @param {{name: string, outcome?: string, texts: string[], appends: {text: string, outcome: string}[]}[]} sent
 * @param {{name: string, texts: string[]}[]} stored
 */
export function verdictOf(sent, stored) {
  const verdict = { acknowledged: 0, lost: 0, half: 0, refusedButStored: 0, unacknowledgedButStored: 0, twice: 0 };
  const textsByName = new Map();
  for (const { name, texts } of stored) {
    if (textsByName.has(name)) verdict.twice++;
    textsByName.set(name, texts);
  }

  const judge = (outcome, isStored) => {
    if (outcome === 'acknowledged') verdict.acknowledged++;
    if (outcome === 'acknowledged' && !isStored) verdict.lost++;
    if (outcome === 'refused' && isStored) verdict.refusedButStored++;
    if (outcome === 'unknown' && isStored) verdict.unacknowledgedButStored++;
  };
  for (const { name, outcome, texts: first, appends } of sent) {
    const texts = textsByName.get(name);
    judge(outcome, texts !== undefined);
    if (texts && first.some((text, i) => texts[i] !== text)) verdict.half++;
    if (texts && new Set(texts).size !== texts.length) verdict.twice++;
    for (const append of appends) judge(append.outcome, texts?.includes(append.text) ?? false);
  }
  return verdict;
}
