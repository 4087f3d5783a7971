{{/* The name of every object of this release. Short enough that a suffix of twenty characters still fits into 63. */}}
{{- define "netsluice.fullname" -}}
{{- $chart := .Values.nameOverride | default .Chart.Name -}}
{{- $whole := ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- include "netsluice.short" (list (.Values.fullnameOverride | default $whole | replace "." "-") 43) -}}
{{- end -}}

{{/* (list text max): the text, or its beginning and a hash of the whole, so that two long ones stay apart. */}}
{{- define "netsluice.short" -}}
{{- $text := index . 0 -}}
{{- $max := index . 1 | int -}}
{{- if le (len $text) $max -}}
{{- $text -}}
{{- else -}}
{{- printf "%s-%s" (trunc (int (sub $max 9)) $text | trimSuffix "-" | trimSuffix ".") (sha256sum $text | trunc 8) -}}
{{- end -}}
{{- end -}}

{{/* The name of objects without a namespace: two releases in two namespaces do not clash. */}}
{{- define "netsluice.clusterName" -}}
{{- include "netsluice.short" (list (printf "%s.%s" (include "netsluice.fullname" .) .Release.Namespace) 63) -}}
{{- end -}}

{{- define "netsluice.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "netsluice.fullname" .) -}}
{{- end -}}

{{/* The Secret that the serving certificate is mounted from. */}}
{{- define "netsluice.certificateSecret" -}}
{{- if eq .Values.certificates.mode "existingSecret" -}}
{{- .Values.certificates.existingSecret.name -}}
{{- else -}}
{{- include "netsluice.fullname" . }}-tls
{{- end -}}
{{- end -}}

{{/* The namespace in which `helm test` asks, and the name of what it needs. */}}
{{- define "netsluice.selftestNamespace" -}}
{{- include "netsluice.short" (list (printf "%s-%s-selftest" .Release.Namespace (include "netsluice.fullname" .)) 63) -}}
{{- end -}}

{{- define "netsluice.selectorLabels" -}}
app.kubernetes.io/name: {{ include "netsluice.short" (list (.Values.nameOverride | default .Chart.Name) 63) }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: webhook
{{- end -}}

{{/* (dict "root" $ "component" "webhook"): the labels that every object has. */}}
{{- define "netsluice.labels" -}}
{{- $root := .root -}}
app.kubernetes.io/name: {{ include "netsluice.short" (list ($root.Values.nameOverride | default $root.Chart.Name) 63) }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component | default "webhook" }}
app.kubernetes.io/part-of: netsluice
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- end -}}

{{/* (dict "root" $ "component" "" "labels" map "annotations" map): labels, and annotations where there are any. What
     selectors rest on is ours alone. */}}
{{- define "netsluice.metadata" -}}
{{- $labels := include "netsluice.labels" . | fromYaml -}}
labels:
  {{- toYaml (mergeOverwrite (dict) .root.Values.commonLabels (.labels | default dict) $labels) | nindent 2 }}
{{- with mergeOverwrite (dict) .root.Values.commonAnnotations (.annotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "netsluice.image" -}}
{{- $image := .Values.image -}}
{{- $repository := ternary $image.repository (printf "%s/%s" $image.registry $image.repository) (empty $image.registry) -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository ($image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The modes of the profile with the settings over them. Helm reads a bare `off` as false, netsluice does not. */}}
{{- define "netsluice.settings" -}}
{{- $modes := get (dict
  "observe" (dict "enforce" "off" "warn" "off" "audit" "restricted")
  "warn" (dict "enforce" "off" "warn" "baseline" "audit" "restricted")
  "enforce" (dict "enforce" "baseline" "warn" "baseline" "audit" "restricted")) .Values.profile -}}
{{- $settings := mergeOverwrite (dict "modes" $modes) (deepCopy .Values.settings) -}}
{{- range $key := list "modes" "rules" -}}
{{- $words := get $settings $key -}}
{{- if kindIs "map" $words -}}
{{- range $name, $word := $words -}}
{{- if and (kindIs "bool" $word) (not $word) -}}
{{- $_ := set $words $name "off" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* A quantity of memory in whole MiB. */}}
{{- define "netsluice.mebibytes" -}}
{{- $text := ternary (printf "%d" (int64 .)) (toString .) (kindIs "float64" .) -}}
{{- $number := regexFind "^[0-9]+(\\.[0-9]+)?" $text | float64 -}}
{{- $unit := regexReplaceAll "^[0-9]+(\\.[0-9]+)?" $text "" -}}
{{- $bytes := get (dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0) $unit -}}
{{- if or (not $bytes) (not (regexMatch "^[0-9]" $text)) -}}
{{- fail (printf "resources.limits.memory is %q, which is no quantity such as 1Gi or 512Mi." $text) -}}
{{- end -}}
{{- floor (divf (mulf $number $bytes) 1048576.0) | int -}}
{{- end -}}

{{- define "netsluice.podSecurityContext" -}}
runAsNonRoot: true
{{- with .Values.runAsUser }}
runAsUser: {{ int64 . }}
runAsGroup: {{ int64 . }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "netsluice.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The namespaces whose policies have an entry of their own. */}}
{{- define "netsluice.systemNamespaces" -}}
{{- toYaml (concat .Values.webhook.systemNamespaces (list .Release.Namespace) | uniq | sortAlpha) -}}
{{- end -}}
