/** What a run on one store found, for a person, and whether all promises were kept. */
export function reportOf({ title, load, faults, verdict, exitCode, complaints }) {
  const wrong = [...load.wrong].map(([what, times]) => `${times} × ${what}`);
  const troubles = [...wrong, ...complaints, ...(exitCode === 0 ? [] : [`The server ended with ${exitCode}.`])];
  const lines = {
    'acknowledged writes': verdict.acknowledged,
    kills: `${faults.length}${faults.length > 0 ? `: ${countsOf(faults)}` : ''}`,
    lost: verdict.lost,
    'half threads': verdict.half,
    'stored twice': verdict.twice,
    'refused, yet stored': verdict.refusedButStored,
    'unacknowledged, yet stored': verdict.unacknowledgedButStored,
    'refused for now': `${load.refusals}, the slowest after ${load.slowestRefusalMs} ms`,
    'time to ready': timesOf(faults),
    'broken promises': troubles.length > 0 ? troubles.join('; ') : 'none',
  };
  const width = Math.max(...Object.keys(lines).map(({ length }) => length));
  const text = Object.entries(lines).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  const { lost, half, twice, refusedButStored, acknowledged } = verdict;
  const isGood = acknowledged > 0 && lost + half + twice + refusedButStored + troubles.length === 0;
  return { text: ['', title, ...text].join('\n'), isGood };
}

function countsOf(faults) {
  const counts = new Map();
  for (const { name } of faults) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ');
}

function timesOf(faults) {
  if (faults.length === 0) return 'no kill';
  const times = faults.map(({ ms }) => ms).sort((one, other) => one - other);
  return `${times[0]} to ${times.at(-1)} ms, half of them within ${times[Math.floor(times.length / 2)]} ms`;
}
