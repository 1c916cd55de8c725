import { existsSync } from 'node:fs';
import { inspectDevice } from '@attribution-bench/tfjs-onnx';

/** SwiftShader, a Vulkan driver that computes on the processor, as browsers bring it. */
const drivers = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];

/** Whether to test everything there, which takes minutes on a software driver: `WEBGPU_TESTS=all`. */
export const testsAllOfWebgpu = process.env.WEBGPU_TESTS === 'all';

/**
 * Whether WebGPU can be used, on a software driver where no other one is chosen; says why not. Programs that tests start
 * inherit the choice.
 */
export async function webgpuAvailable(): Promise<boolean> {
  const driver = drivers.map((folder) => `${folder}/vk_swiftshader_icd.json`).find((file) => existsSync(file));
  if (driver !== undefined) process.env.VK_ICD_FILENAMES ??= driver;
  const { available, reason } = await inspectDevice('webgpu');
  if (!available) console.warn(`tests on WebGPU are skipped: ${reason} (Debian: libvulkan1 and chromium)`);
  return available;
}
