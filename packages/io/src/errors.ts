/** The codes of this package, beside those of `@sock/core`. */
export type IoErrorCode =
  | 'ERR_SOCK_ACCESS'
  | 'ERR_SOCK_ADDRESS_IN_USE'
  | 'ERR_SOCK_ADDRESS_NOT_AVAILABLE'
  | 'ERR_SOCK_NAME'
  | 'ERR_SOCK_NOT_FOUND'
  | 'ERR_SOCK_REFUSED'
  | 'ERR_SOCK_RESOURCES'
  | 'ERR_SOCK_STREAM'
  | 'ERR_SOCK_SYSTEM'
  | 'ERR_SOCK_UNREACHABLE';
