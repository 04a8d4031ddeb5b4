package org.openapitools.jackson.nullable;

/**
 * Stands in for the module of org.openapitools:jackson-databind-nullable, which neither npm nor Debian has. Generated clients
 * register it whether or not a member can be null, and no member of this API can.
 */
public final class JsonNullableModule extends com.fasterxml.jackson.databind.module.SimpleModule {}
