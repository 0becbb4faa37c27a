import { defineConfig } from 'vite';

/** The address of a running Kordon, for `npm run dev`: everything but the page itself is asked of it. */
const server = process.env.KORDON_URL ?? 'http://127.0.0.1:8080';

/** What the server answers; all else is the page's. */
const SERVED = [
  'collections',
  'borders',
  'health',
  'api',
  'live',
  'desk',
  'imports',
  'gazetteer',
  'maps',
  'tiles',
]
  .map((name) => `/${name}`)
  .concat('/basemap.pmtiles');

export default defineConfig({
  build: {
    target: 'es2022',
    // Fonts stay files: a data: URL would need a wider font-src in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1600,
  },
  server: {
    // The server takes writes from its own pages only, so it is told where the page really is.
    proxy: Object.fromEntries(
      SERVED.map((path) => [path, { target: server, changeOrigin: false }]),
    ),
  },
  test: { include: ['test/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0]);
