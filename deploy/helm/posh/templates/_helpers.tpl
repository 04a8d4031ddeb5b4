{{- define "posh.name" -}}
{{- if contains "posh" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-posh" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end -}}

{{- define "posh.selector" -}}
app.kubernetes.io/name: posh
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "posh.labels" -}}
{{ include "posh.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "posh.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Files of the Secret of `secrets`: the variable that names the file → the key. */}}
{{- define "posh.secretFiles" -}}
{{- with .Values.access.keys }}
POSH_API_KEYS_FILE: {{ . }}
{{- end }}
{{- if .Values.redis.url }}
POSH_REDIS_URL_FILE: {{ .Values.redis.url }}
POSH_CACHE_SECRET_FILE: {{ .Values.redis.cacheSecret }}
{{- end }}
{{- with .Values.secrets.decisionLogKey }}
POSH_DECISION_LOG_KEY_FILE: {{ . }}
{{- end }}
{{- with .Values.secrets.otlpHeaders }}
OTEL_EXPORTER_OTLP_HEADERS_FILE: {{ . }}
{{- end }}
{{- end -}}

{{/* What a schema cannot say. */}}
{{- define "posh.refuse" -}}
{{- $v := .Values }}
{{- $guarded := or $v.access.keys $v.tls.clientCaSecret }}
{{- if and $v.access.anyone $guarded }}{{ fail "access.anyone contradicts access.keys and tls.clientCaSecret" }}{{ end }}
{{- if not (or $v.access.anyone $guarded) }}{{ fail "nobody could ask: give access.keys or tls.clientCaSecret, or say access.anyone=true" }}{{ end }}
{{- if and $v.tls.clientCaSecret (not $v.tls.secret) }}{{ fail "tls.clientCaSecret needs tls.secret" }}{{ end }}
{{- if and $v.redis.url (not $v.redis.cacheSecret) }}{{ fail "redis.url needs redis.cacheSecret: without it, who can write to Redis can forge answers" }}{{ end }}
{{- if and $v.redis.url $v.networkPolicy.enabled (not $v.networkPolicy.redis) }}{{ fail "redis.url needs networkPolicy.redis: where Redis is" }}{{ end }}
{{- if eq (int $v.ports.callers) (int $v.ports.operations) }}{{ fail "ports.callers and ports.operations must differ" }}{{ end }}
{{- end -}}
