// @ts-check
// Hands Gradio its configuration from inert JSON blocks, so that the page needs no inline script.
/** @param {string} id */
const blockOf = (id) => JSON.parse(document.getElementById(id).textContent);

window.gradio_config = blockOf("gradio-config");
window.gradio_api_info = blockOf("gradio-api-info");
window.__gradio_mode__ = "app";
