/** Whether a drawing is made without a graphics card: pixels are dear then, and smoothing is left to still pictures. */

/** Asked before the picture exists, with a context of its own that is let go at once. */
export function looksSoftware(): boolean {
  const context = document.createElement('canvas').getContext('webgl2');
  if (!context) return true;
  const software = isSoftware(context);
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return software;
}
export function isSoftware(context: WebGLRenderingContext | WebGL2RenderingContext): boolean {
  return /swiftshader|llvmpipe|software/i.test(rendererName(context));
}
function rendererName(context: WebGLRenderingContext | WebGL2RenderingContext): string {
  const info = context.getExtension('WEBGL_debug_renderer_info');
  return info ? String(context.getParameter(info.UNMASKED_RENDERER_WEBGL)) : '';
}
