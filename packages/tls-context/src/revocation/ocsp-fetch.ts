import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { ErrorCategory } from '@sock/core';
import { TlsError } from '../errors.ts';
import { MAX_RESPONSE_BYTES, refusalOf } from './ocsp-response.ts';
import { whyOf } from './revocation-error.ts';

/**
 * Asks a responder by HTTP POST (RFC 6960 appendix A.1). One connection, one answer of at most 64 KiB, no redirects.
 *
 * @throws `ERR_SOCK_TLS_RESPONDER`: not reached, not in time, no answer in HTTP, or an answer that is none (`tryLater` …)
 */
export async function fetchOcsp(url: URL, question: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<Uint8Array> {
  const der = await new Promise<Uint8Array>((resolve, reject) => {
    const request = httpRequest(url, {
      method: 'POST',
      // A connection of its own, closed behind the answer: the next question is hours away.
      agent: false,
      signal,
      headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response', 'content-length': question.length },
    });
    const fail = (error: TlsError): void => {
      clearTimeout(timer);
      reject(error);
      request.destroy();
    };
    // The whole exchange: a responder that drips would never be idle.
    const timer = setTimeout(() => fail(responderError(url, `did not answer within ${timeoutMs} ms`, 'timeout')), timeoutMs);
    timer.unref();
    request.on('error', (error) => fail(responderError(url, `could not be asked (${whyOf(error)})`, 'unreachable', error)));
    request.once('response', (response) => {
      const refusal = httpRefusal(response);
      if (refusal !== undefined) return fail(responderError(url, refusal, 'protocol'));
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        chunks.push(chunk);
        if (length > MAX_RESPONSE_BYTES) fail(responderError(url, `sent more than ${MAX_RESPONSE_BYTES} bytes`, 'limit'));
      });
      response.on('error', (error) => fail(responderError(url, `stopped in the middle of its answer (${whyOf(error)})`, 'protocol', error)));
      response.once('end', () => {
        clearTimeout(timer);
        resolve(Buffer.concat(chunks));
      });
    });
    request.end(question);
  });
  const refusal = refusalOf(der);
  if (refusal !== undefined) throw responderError(url, `gave no answer: it said "${refusal}"`, 'protocol');
  return der;
}

/** An error of the responder, or of the way there. Trying again later may help. */
export function responderError(url: URL, words: string, category: ErrorCategory, cause?: unknown): TlsError<'ERR_SOCK_TLS_RESPONDER'> {
  const endpoint = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80) };
  return new TlsError('ERR_SOCK_TLS_RESPONDER', `the OCSP responder ${url.origin} ${words}`, { kind: 'verify', phase: 'verify', category, retryable: true, endpoint, cause });
}

function httpRefusal({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  if (statusCode >= 300 && statusCode < 400) return `answered with a redirect (HTTP ${statusCode}), which is not followed; give its new address as responder`;
  if (statusCode !== 200) return `answered with HTTP ${statusCode}`;
  const type = headers['content-type'];
  // Some responders name no type, or a general one; text is a page of somebody else.
  return type !== undefined && /^(?:text|image)\//i.test(type) ? `answered with ${type.slice(0, 80)}, which is no OCSP response` : undefined;
}
