import { webSockets } from '@sock/tls-context/web';
import { describeSocketsApi } from './web-conformance.ts';
import { serveFor, webCertificate } from './web-server.ts';

const certificate = webCertificate();
const { connect } = webSockets({ ca: certificate.ca });

describeSocketsApi('@sock/io/web, TLS', { connect, secureTransport: 'on', serve: () => serveFor('on', certificate) });

describeSocketsApi('@sock/io/web, startTls', { connect, secureTransport: 'starttls', serve: () => serveFor('starttls', certificate) });
