{{/* What every entry of the webhook configuration has alike. In the modes in which somebody else writes the caBundle
     it is absent, so that nobody sees a difference to what Helm wrote. */}}
{{- define "netsluice.webhook" -}}
clientConfig:
  service:
    name: {{ include "netsluice.fullname" . }}
    namespace: {{ .Release.Namespace | quote }}
    path: /validate
    port: 443
  {{- if eq .Values.certificates.mode "existingSecret" }}
  caBundle: {{ .Values.certificates.existingSecret.caBundle | b64enc }}
  {{- end }}
admissionReviewVersions: [v1]
matchPolicy: Equivalent
{{- /* A dry run writes neither Events nor reports. */}}
sideEffects: NoneOnDryRun
{{- end }}

{{- define "netsluice.policyRule" -}}
apiGroups: [networking.k8s.io]
apiVersions: [v1]
operations: [{{ . }}]
resources: [networkpolicies]
scope: Namespaced
{{- end }}

{{- define "netsluice.namespaces" -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: {{ index . 0 }}
    values: {{ index . 1 | uniq | sortAlpha | toJson }}
{{- end }}

{{/* Most updates of controllers touch metadata alone. What netsluice reads there are its own annotations. */}}
{{- define "netsluice.policyConditions" -}}
- name: spec-or-own-annotations-differ
  expression: >-
    request.operation != 'UPDATE' || object.?spec != oldObject.?spec ||
    object.metadata.?annotations.orValue({}).exists(key, key.startsWith('netsluice.dev/') &&
    object.metadata.?annotations[?key] != oldObject.metadata.?annotations[?key]) ||
    oldObject.metadata.?annotations.orValue({}).exists(key, key.startsWith('netsluice.dev/') &&
    object.metadata.?annotations[?key] != oldObject.metadata.?annotations[?key])
{{- end }}
