import { defineConfig } from 'vite'

/** Builds the page, `index.html` and everything that it loads, into `dist/page`, from where the server serves it. */
const config: ReturnType<typeof defineConfig> = defineConfig({
  build: { outDir: 'dist/page', target: 'es2023', sourcemap: true },
})

// Vite reads only a default export.
export default config
