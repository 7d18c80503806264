variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "refresher"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "name must be 2 to 31 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "buckets" {
  description = "Bucket names by stage: what refresher publishes for staging and for developers."
  type = object({
    staging = string
    dev     = string
  })

  validation {
    condition     = var.buckets.staging != var.buckets.dev
    error_message = "staging and dev need a bucket each: a developer must not reach staging's data."
  }
}

variable "retention_days" {
  description = "How long replaced and removed objects are kept. refresher itself keeps the newest runs (buckets[].keep)."
  type        = number
  default     = 30

  validation {
    condition     = var.retention_days >= 1
    error_message = "retention_days must be at least 1."
  }
}

variable "trust" {
  description = "Who may take the roles: policy documents (sts:AssumeRole…) as JSON, by role."
  type = object({
    refresher      = string
    staging_reader = string
    dev_reader     = string
  })
}

variable "replica" {
  description = "IAM log-in to the RDS or Aurora replica: the ARN arn:aws:rds-db:REGION:ACCOUNT:dbuser:RESOURCE-ID/refresher_reader; null: by password."
  type        = string
  default     = null
}

variable "staging_database" {
  description = "The same for the staging server, …/refresher_staging; null: by password."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}
