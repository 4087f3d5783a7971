{{/* The alerts. Prometheus fills in what stands in ticks; `own` are the series of this release. */}}
{{- define "netsluice.alerts" -}}
{{- $own := printf "namespace=%q,service=%q" .Release.Namespace (printf "%s-metrics" (include "netsluice.fullname" .)) -}}
{{- $entries := "policies|policy-deletion|system-policies|namespaces|workloads" -}}
{{- $hooks := printf "name=~\"(%s).netsluice.dev\"" $entries -}}
- alert: NetsluiceFailOpen
  expr: sum by (name) (increase(apiserver_admission_webhook_fail_open_count{ {{- $hooks -}} }[5m])) > 0
  labels: {severity: warning}
  annotations:
    summary: The API server admitted changes that netsluice never saw.
    description: {{ `'{{ $labels.name }} did not answer {{ $value | humanize }} calls in 5 minutes, and what they asked about was admitted. The scan reports it later; find out why the API server does not reach netsluice.'` }}
- alert: NetsluiceFailClosed
  expr: sum by (name) (increase(apiserver_admission_webhook_rejection_count{ {{- $hooks -}} ,error_type="calling_webhook_error"}[5m])) > 0
  labels: {severity: critical}
  annotations:
    summary: Changes are rejected because netsluice does not answer.
    description: {{ printf "The way out: kubectl delete validatingwebhookconfiguration %s" (include "netsluice.clusterName" .) | quote }}
- alert: NetsluiceDown
  expr: absent(netsluice_build_info{ {{- $own -}} })
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: No netsluice pod answers.
    description: With failurePolicy Ignore policies are admitted unseen, with Fail they are rejected.
- alert: NetsluiceContractBroken
  expr: max by (contract) (netsluice_contract_broken{ {{- $own -}} }) > 0
  for: 1m
  labels: {severity: critical}
  annotations:
    summary: A connectivity contract is broken.
    description: {{ `'The contract {{ $labels.contract }} does not hold on the cluster as it is now.'` }}
- alert: NetsluiceCertificateExpiring
  expr: min by (which) (netsluice_cert_expiry_timestamp_seconds{ {{- $own -}} }) - time() < 14 * 86400
  for: 15m
  labels: {severity: warning}
  annotations:
    summary: A certificate of netsluice ends within 14 days and was not renewed.
    description: {{ `'The {{ $labels.which }} certificate ends in {{ $value | humanizeDuration }}; the API server cannot call netsluice after that.'` }}
- alert: NetsluiceDataStale
  expr: max by (kind) (netsluice_watch_degraded{ {{- $own -}} }) > 0
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: netsluice judges by old or missing data.
    description: {{ `'{{ $labels.kind }} is not heard of any more, or may not be read; what rests on it warns and never rejects. See /readyz?verbose of a pod.'` }}
- alert: NetsluiceCallbackCutOff
  expr: max by (own) (netsluice_callbacks_cut_off{ {{- $own -}} }) > 0
  for: 5m
  labels: {severity: critical}
  annotations:
    summary: A NetworkPolicy cuts the API server off from a webhook, an aggregated API or a conversion webhook.
    description: {{ `'{{ $value }} callbacks cannot be made{{ if eq $labels.own "true" }}, and they are those to netsluice itself{{ end }}; the Events on the policies name them.'` }}
- alert: NetsluiceWebhookConfigurationMissing
  expr: min(netsluice_webhook_configuration_present{ {{- $own -}} }) == 0
  for: 5m
  labels: {severity: critical}
  annotations:
    summary: The webhook configuration is gone, so that netsluice is asked about nothing.
    description: {{ printf "netsluice does not make %s again; install the chart again, or find out who deleted it." (include "netsluice.clusterName" .) | quote }}
- alert: NetsluiceNotAsked
  expr: >-
    sum(increase(apiserver_admission_webhook_request_total{ {{- $hooks -}} }[10m])) > 0
    unless on () (time() - max(netsluice_last_admission_request_timestamp_seconds{ {{- $own -}} }) < 660)
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: The API server asks, and no netsluice pod hears it.
    description: The API server does not reach the pod network; see hostNetwork and networkPolicy.webhookFrom of the chart, and run helm test.
- alert: NetsluiceSettingsInvalid
  expr: min(netsluice_settings_valid{ {{- $own -}} }) == 0
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: The settings are wrong, and the last good ones are in force.
    description: The readiness of a pod tells what is wrong, at /readyz?verbose.
- alert: NetsluiceNoLeader
  expr: sum(netsluice_leader{ {{- $own -}} }) == 0
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: No netsluice pod holds the Lease.
    description: Meanwhile no certificate is renewed and nothing the scan finds is written; answers are not affected.
- alert: NetsluiceMemoryFull
  expr: max(netsluice_memory_used_ratio{ {{- $own -}} }) >= 0.85
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: netsluice is short of memory and admits without analysis.
    description: The cluster has outgrown resources.limits.memory of the chart.
- alert: NetsluiceFlooded
  expr: sum(increase(netsluice_connections_refused_total{ {{- $own -}} }[5m])) + sum(increase(netsluice_admission_failures_total{ {{- $own -}} ,reason="overloaded"}[5m])) > 0
  labels: {severity: warning}
  annotations:
    summary: More calls come than netsluice takes from one caller.
    description: If they are not the API server's, keep the callers out with networkPolicy.webhookFrom or clientAuthority of the chart; what was turned away was admitted without analysis, or never read.
{{- if .Values.scan.enabled }}
- alert: NetsluiceScanStalled
  expr: time() - max(netsluice_scan_last_timestamp_seconds{ {{- $own -}} }) > 7 * 3600
  for: 15m
  labels: {severity: warning}
  annotations:
    summary: Nothing was scanned for seven hours; everything is due every six.
    description: What the scan says is old; answers to requests are not affected.
{{- end }}
{{- end -}}
