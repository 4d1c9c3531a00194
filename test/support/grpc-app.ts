import { startApp, type TestApp } from './app.js';
import { GrpcClient } from './grpc-client.js';
import { freePort } from './process.js';

export interface GrpcTestApp extends TestApp {
  readonly address: string;
  /** The clients of the same names, by the other door. */
  readonly grpc: { readonly a: GrpcClient; readonly b: GrpcClient; readonly anonymous: GrpcClient };
}

/** The real server with both of its doors. */
export async function startGrpcApp(env: Record<string, string> = {}): Promise<GrpcTestApp> {
  const port = await freePort();
  const app = await startApp({ GRPC_PORT: String(port), ...env });
  const address = `127.0.0.1:${port}`;
  const grpc = {
    a: new GrpcClient(address, app.a.key),
    b: new GrpcClient(address, app.b.key),
    anonymous: new GrpcClient(address),
  };
  return {
    ...app,
    address,
    grpc,
    close: async () => {
      for (const client of Object.values(grpc)) client.close();
      await app.close();
    },
  };
}
