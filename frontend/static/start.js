// Starts the page; says so in words if it cannot start.
import init from './frontend.js';

init({ module_or_path: new URL('frontend_bg.wasm', import.meta.url) }).catch((error) => {
  console.error(error);
  const loading = document.getElementById('loading');
  if (loading) loading.textContent = 'The page could not start. Please load it again, or try a newer browser.';
});
