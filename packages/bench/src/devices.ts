import { existsSync, readdirSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { DeviceStatus } from '@attribution-bench/tfjs-onnx';
import type { Finding } from './finding.js';

/** Whether there is a GPU for `--device`, and if not what is missing. Nothing of it is essential. */
export async function inspectDevices(): Promise<Finding[]> {
  const { inspectDevice } = await import('@attribution-bench/tfjs-onnx');
  const [webgpu, cuda] = await Promise.all([inspectDevice('webgpu'), inspectDevice('cuda')]);
  return [webgpuFinding(webgpu), cudaFinding(cuda)];
}

function webgpuFinding({ available, reason }: DeviceStatus): Finding {
  const subject = 'WebGPU (optional, for --device webgpu)';
  const vulkan = process.platform === 'linux' ? `; ${vulkanParts()}` : '';
  if (available) return { subject, verdict: 'ok', found: `computes${vulkan}` };
  const next = `install the driver of the GPU${process.platform === 'linux' ? ' and libvulkan1' : ''}, see docs/devices.md`;
  return { subject, verdict: 'note', found: `${reason ?? 'does not answer'}${vulkan}`, next };
}

function cudaFinding({ available, reason }: DeviceStatus): Finding {
  const subject = 'CUDA (optional, for --device cuda)';
  if (available) return { subject, verdict: 'ok', found: 'computes' };
  const next =
    process.platform === 'linux' && process.arch === 'x64'
      ? 'ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js downloads them, CUDA 12 and cuDNN 9 are installed beside it'
      : 'onnxruntime-node has it for Linux on x86-64 only';
  return { subject, verdict: 'note', found: reason ?? 'does not answer', next };
}

/** The Vulkan loader and the drivers that it is told of. */
function vulkanParts(): string {
  const folders = [
    ...(process.env.LD_LIBRARY_PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...['/usr/lib', '/lib', '/usr/local/lib', '/usr/lib64'],
    ...['/usr/lib', '/lib'].map((folder) => join(folder, `${machines[process.arch] ?? process.arch}-linux-gnu`)),
  ];
  const hasLoader = folders.some((folder) => existsSync(join(folder, 'libvulkan.so.1')));
  const drivers = vulkanDrivers();
  const loader = hasLoader ? 'Vulkan loader found' : 'Vulkan loader (libvulkan.so.1) not found';
  return `${loader}, ${drivers.length === 0 ? 'no Vulkan driver' : `drivers ${drivers.join(', ')}`}`;
}

const machines: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** Names of the descriptions of Vulkan drivers: those that the environment names, or those of the system. */
function vulkanDrivers(): string[] {
  const named = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (named !== undefined)
    return named
      .split(delimiter)
      .filter((file) => existsSync(file))
      .map((file) => basename(file));
  return ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d']
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith('.json')));
}
