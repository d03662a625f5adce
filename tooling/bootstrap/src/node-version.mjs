/** The oldest Node that the packages promise to run on; `engines` of every package says the same. */
const OLDEST = { major: 20, minor: 19 };

/**
 * Says what to do when this Node is too old, instead of failing later in a place that nobody understands.
 * @param {string} version
 * @returns {boolean} whether the work can go on
 */
export function requireNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return true;
  process.stderr.write(
    `This repository needs Node ${OLDEST.major}.${OLDEST.minor} or newer; this is Node ${version}.\n` +
      'Install a newer one (https://nodejs.org, or `nvm install 20`) and run the same command again.\n',
  );
  return false;
}
