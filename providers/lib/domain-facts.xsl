<?xml version="1.0"?>
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- What a domain's definition says of its disks and cables, a line each, fields ended by tabs. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	<xsl:output method="text"/>
	<xsl:template match="text()"/>

	<!-- disk TARGET KIND FORMAT SHARED SOURCE; kind is file, block, or what cannot be copied -->
	<xsl:template match="/domain/devices/disk[not(@device) or @device = 'disk' or @device = 'lun']">
		<xsl:value-of select="concat('disk&#9;', target/@dev, '&#9;')"/>
		<xsl:choose>
			<xsl:when test="@device = 'lun'">lun</xsl:when>
			<xsl:otherwise><xsl:value-of select="@type"/></xsl:otherwise>
		</xsl:choose>
		<xsl:value-of select="concat('&#9;', driver/@type, '&#9;', count(shareable), '&#9;')"/>
		<xsl:value-of select="concat(source/@file, source/@dev, '&#10;')"/>
	</xsl:template>

	<!-- cable MAC -->
	<xsl:template match="/domain/devices/interface">
		<xsl:value-of select="concat('cable&#9;', mac/@address, '&#10;')"/>
	</xsl:template>

	<!-- nvram PATH -->
	<xsl:template match="/domain/os/nvram">
		<xsl:value-of select="concat('nvram&#9;', ., '&#10;')"/>
	</xsl:template>
</xsl:stylesheet>
