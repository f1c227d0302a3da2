// Says how well attempts are kept apart on this machine, as found by trying.

/** Weakest last. `partial`: namespaces hold but a probe found a gap; `none`: no namespaces, only limits and filters. */
export type IsolationName = 'full' | 'partial' | 'none';

export interface IsolationLevel {
  level: IsolationName;
  /** What does not hold, by the name of its probe. */
  missing: string[];
  /** One sentence per gap or remark, for the person who runs the worker. */
  details: string[];
  /** How the host came about: as root, in a user namespace, or with neither. */
  mode: 'root' | 'user' | 'none';
  /** Who counts memory, processes and CPU: the kernel per attempt; or the worker by looking, with bounds per process. */
  limits: 'cgroup-v1' | 'cgroup-v2' | 'rlimit';
  /** Whether a real attempt has tried the escapes; until then the level is what the host says it built. */
  tested: boolean;
}

export class SandboxRefusedError extends Error {
  override name = 'SandboxRefusedError';
}

const order: readonly IsolationName[] = ['none', 'partial', 'full'];

export const isAtLeast = (level: IsolationName, wanted: IsolationName): boolean =>
  order.indexOf(level) >= order.indexOf(wanted);

/** Why a host could not isolate, in words that name the setting to change. `errno` as the kernel gave it. */
export function explainRefusal(step: string, error: string, errno: number | null): string {
  const [EPERM, EACCES, ENOSPC, ENOSYS] = [1, 13, 28, 38];
  if (step === 'namespaces' && errno === ENOSPC) {
    return `${error}. User namespaces are switched off here (user.max_user_namespaces is 0). Raise it, or start the worker as root.`;
  }
  if (step === 'namespaces' && errno === EPERM) {
    return `${error}. This user may not create user namespaces: a container's filter or a kernel setting forbids it. Allow them, or start the worker with the right to administrate (CAP_SYS_ADMIN).`;
  }
  if (step === 'root' && (errno === EACCES || errno === EPERM)) {
    return `${error}. The namespace was granted but not the right to mount in it: a security module restricts unprivileged user namespaces. Grant this program the profile that allows them, or start the worker as root.`;
  }
  if (errno === ENOSYS) return `${error}. This kernel or machine lacks the call.`;
  return `${error} (while preparing: ${step}).`;
}
