/** What the stand-in for the kubelet understands of a pod. What it does not understand fails the pod: see checkSpec. */
export interface KubeletPodObject {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
  readonly spec: PodSpec;
  readonly status: PodStatus;
}

export interface PodStatus {
  readonly phase?: string;
  readonly podIP?: string;
  readonly hostIP?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly serviceAccountName?: string;
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  readonly hostNetwork?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly initContainers?: readonly unknown[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly securityContext?: SecurityContext & { readonly fsGroup?: number };
}

export interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly unknown[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly VolumeMount[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: unknown;
  readonly securityContext?: SecurityContext;
}

export interface KeyRef {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly resourceFieldRef?: { readonly resource: string; readonly divisor?: string };
    readonly configMapKeyRef?: KeyRef;
    readonly secretKeyRef?: KeyRef;
  };
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
}

export interface KeyToPath {
  readonly key: string;
  readonly path: string;
  readonly mode?: number;
}

export interface ObjectSource {
  /** Of a ConfigMap, and of either in a projected volume. */
  readonly name?: string;
  /** Of a Secret that is a volume of its own. */
  readonly secretName?: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
  readonly defaultMode?: number;
}

export interface ProjectedSource {
  readonly configMap?: ObjectSource;
  readonly secret?: ObjectSource;
  readonly serviceAccountToken?: {
    readonly path: string;
    readonly audience?: string;
    readonly expirationSeconds?: number;
  };
  readonly downwardAPI?: {
    readonly items?: readonly {
      readonly path: string;
      readonly fieldRef?: { readonly fieldPath: string };
    }[];
  };
}

export interface Volume {
  readonly name: string;
  readonly configMap?: ObjectSource;
  readonly secret?: ObjectSource;
  readonly emptyDir?: unknown;
  readonly projected?: { readonly sources?: readonly ProjectedSource[]; readonly defaultMode?: number };
}

export interface Probe {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    readonly scheme?: 'HTTP' | 'HTTPS';
    readonly host?: string;
    readonly httpHeaders?: readonly unknown[];
  };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

/** Throws for what a kubelet would do and this stand-in does not: a test must not pass because it was left out. */
export function checkSpec({ metadata, spec }: KubeletPodObject): void {
  const refuse = (what: string) => {
    throw new Error(`${metadata.namespace}/${metadata.name}: the stand-in for the kubelet knows no ${what}`);
  };
  if ((spec.initContainers ?? []).length > 0) refuse('init containers');
  if (spec.containers.length !== 1) refuse('pods of several containers');
  if (spec.securityContext?.fsGroup !== undefined) refuse('fsGroup');
  for (const container of spec.containers) {
    if (container.lifecycle !== undefined) refuse('lifecycle hooks');
    if ((container.envFrom ?? []).length > 0) refuse('envFrom');
    for (const { subPath } of container.volumeMounts ?? []) if (subPath !== undefined) refuse('subPath');
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      if (probe !== undefined && probe.httpGet === undefined) refuse('probe other than httpGet');
      if (probe?.httpGet?.httpHeaders !== undefined || probe?.httpGet?.host !== undefined) {
        refuse('probe headers and hosts');
      }
    }
  }
  for (const volume of spec.volumes ?? []) {
    if (!volume.configMap && !volume.secret && !volume.emptyDir && !volume.projected) {
      refuse(`volume like ${JSON.stringify(volume)}`);
    }
  }
}

/** True when the condition `Ready` says so. */
export function isReady({ status }: KubeletPodObject): boolean {
  return status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') ?? false;
}
