// A changelog tells users what changed for them. A new version of a package that this one depends on is not that, so
// those lines are left out; package.json has them.

/** @param {{ summary: string }} changeset */
async function getReleaseLine({ summary }) {
  const [first, ...rest] = summary.trim().split('\n');
  return `- ${[first, ...rest.map((line) => (line === '' ? line : `  ${line}`))].join('\n')}`;
}

async function getDependencyReleaseLine() {
  return '';
}

module.exports = { default: { getReleaseLine, getDependencyReleaseLine } };
