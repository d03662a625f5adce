import { connect } from '@sock/io/web';
import { describeSocketsApi } from './web-conformance.ts';
import { serveFor, webCertificate } from './web-server.ts';

const certificate = webCertificate();

describeSocketsApi('@sock/io/web, plain', { connect, secureTransport: 'off', serve: () => serveFor('off', certificate) });
