import { defineConfig } from 'vite'

/** The page: `index.html` and what it loads, into `dist/page`, where the server finds it. */
const config: ReturnType<typeof defineConfig> = defineConfig({
  build: { outDir: 'dist/page', target: 'es2023', sourcemap: true },
})

// Vite reads nothing but a default export.
export default config
