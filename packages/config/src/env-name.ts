/**
 * The environment variable of a field: `tls` and `minVersion` give `SOCK_TLS_MIN_VERSION`. Without a field, what the variables of
 * the section begin with: `SOCK_TLS_`.
 */
export function envName(section: string, field = ''): string {
  return `${ENV_PREFIX}${snake(section)}_${snake(field)}`;
}

/** What every variable of the project begins with; one that does and is not known is an error. */
export const ENV_PREFIX = 'SOCK_';

function snake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}
